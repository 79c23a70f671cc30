/** @returns {string} mm:ss, or h:mm:ss from an hour on */
export function formatDuration(seconds) {
    const pad = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    const start = hours ? `${hours}:${pad(minutes)}` : pad(minutes);
    return `${start}:${pad(seconds % 60)}`;
}
