/**
 * Keeps the page of a slip up to date: asks the shop's server for the same page again, in pauses that
 * grow, until nothing more comes of the payment. Without this script the page is as it was opened.
 */
const FIRST_PAUSE_MS = 10_000;
const GROWTH = 1.3;
const LONGEST_PAUSE_MS = 1_800_000;
const PARTS = ["state", "details"]; // the first is read out to who does not see it

let pause = FIRST_PAUSE_MS;

/** @returns {Promise<Element | null>} what the server says now; null if it said nothing of use */
async function readMain() {
    try {
        const response = await fetch(location.href, { cache: "no-store" });
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const state = response.ok && page.getElementById("state");
        return state ? state.closest("main") : null;
    } catch {
        return null; // no connection: what is shown stays, and is asked for again
    }
}

async function refresh() {
    const main = await readMain();
    for (const id of main ? PARTS : []) {
        const shown = document.getElementById(id);
        const { innerHTML } = main.querySelector(`#${id}`);
        if (shown.innerHTML !== innerHTML) {
            shown.innerHTML = innerHTML; // the server's own words, escaped there
            pause = FIRST_PAUSE_MS;
        }
    }
    if (!main?.hasAttribute("data-resolved")) {
        plan();
    }
}

function plan() {
    setTimeout(refresh, pause);
    pause = Math.min(pause * GROWTH, LONGEST_PAUSE_MS);
}

if (!document.querySelector("main[data-resolved]")) {
    plan();
}
