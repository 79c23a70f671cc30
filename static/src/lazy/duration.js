const { Duration } = luxon;

/** @returns {string} mm:ss, or h:mm:ss from an hour on */
export function formatDuration(seconds) {
    return Duration.fromObject({ seconds }).toFormat(seconds < 3600 ? "mm:ss" : "h:mm:ss");
}
