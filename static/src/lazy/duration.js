import { _t } from "@web/core/l10n/translation";

const { Duration } = luxon;

/** @returns {string} mm:ss, or h:mm:ss from an hour on */
export function formatDuration(seconds) {
    return Duration.fromObject({ seconds }).toFormat(seconds < 3600 ? "mm:ss" : "h:mm:ss");
}

/** @returns {string} how long ago something was, as people say it: "12 s", "3 min", "2 h" */
export function formatAge(seconds) {
    if (seconds < 60) {
        return _t("%s s", Math.floor(seconds));
    }
    return seconds < 3600
        ? _t("%s min", Math.floor(seconds / 60))
        : _t("%s h", Math.floor(seconds / 3600));
}
