import { effect } from "@web/core/utils/reactive";

const MOST_SHOWN = 2; // more would cover what lies below them
const boards = new WeakMap(); // per register, since of `pos` there are several proxies

/**
 * Notices that stay until somebody has read them. Few are shown at a time; the others wait, and all do
 * while nobody is logged in.
 */
class NoticeBoard {
    constructor(pos) {
        this._notification = pos.notification;
        this._notices = new Set();
        this._isHidden = false;
        // On a register that is locked, a notice's button would open an order for anybody.
        effect(({ cashier }) => this._lock(!cashier), [pos]);
    }

    /** @returns {() => boolean} takes it down, and says whether it was still to be read */
    add(text, options) {
        const notice = { text, options, close: null };
        this._notices.add(notice);
        this._update();
        return () => this._remove(notice);
    }

    /** Makes room for a dialog that says the same, until `show`. */
    hide() {
        this._isHidden = true;
        this._update();
    }

    show() {
        this._isHidden = false;
        this._update();
    }

    _lock(isLocked) {
        this._isLocked = isLocked;
        this._update();
    }

    _remove(notice) {
        const isUnread = this._notices.delete(notice);
        this._takeDown(notice);
        this._update();
        return isUnread;
    }

    _update() {
        const isHidden = this._isHidden || this._isLocked;
        const shown = isHidden ? [] : [...this._notices].slice(0, MOST_SHOWN);
        for (const notice of this._notices) {
            if (!shown.includes(notice)) {
                this._takeDown(notice);
            }
        }
        shown.filter((notice) => !notice.close).forEach((notice) => this._putUp(notice));
    }

    _putUp(notice) {
        notice.close = this._notification.add(notice.text, {
            type: "warning",
            ...notice.options,
            sticky: true,
            onClose: () => notice.close && this._remove(notice),
        });
    }

    _takeDown(notice) {
        const { close } = notice;
        notice.close = null; // or it would count as read
        close?.();
    }
}

/** @returns {NoticeBoard} of a register */
export function noticesOf(pos) {
    if (!boards.has(pos.mixpay)) {
        boards.set(pos.mixpay, new NoticeBoard(pos));
    }
    return boards.get(pos.mixpay);
}
