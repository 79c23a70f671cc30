const MOST_SHOWN = 2; // more would cover what lies below them
const boards = new WeakMap(); // per register, since of `pos` there are several proxies

/** Notices that stay until somebody has read them. Few are shown at a time; the others wait. */
class NoticeBoard {
    constructor(notification) {
        this._notification = notification;
        this._notices = new Set();
        this._isHidden = false;
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

    _remove(notice) {
        const isUnread = this._notices.delete(notice);
        this._takeDown(notice);
        this._update();
        return isUnread;
    }

    _update() {
        const shown = this._isHidden ? [] : [...this._notices].slice(0, MOST_SHOWN);
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
export function noticesOf({ mixpay, notification }) {
    if (!boards.has(mixpay)) {
        boards.set(mixpay, new NoticeBoard(notification));
    }
    return boards.get(mixpay);
}
