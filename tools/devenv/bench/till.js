// What the benchmark measures inside the register's page. Each sample is told once, as a line of
// the console, when it has been taken: until then nobody asks the page anything.
(() => {
    const tell = (value) => console.info(`bench ${value}`);

    // The task after a frame's callbacks comes when that frame was handed over.
    const afterNextFrame = (task) =>
        requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = task;
            port2.postMessage(null);
        });

    const onNextClick = (listener) =>
        window.addEventListener("click", listener, { capture: true, once: true });

    window.bench = {
        // From the next click's own time until a picture is painted, in ms of the page's clock.
        tellPainted(selector) {
            let clicked = 0;
            const observer = new MutationObserver(async () => {
                const image = document.querySelector(selector);
                if (clicked && image?.src) {
                    observer.disconnect();
                    await image.decode();
                    afterNextFrame(() => tell(performance.now() - clicked));
                }
            });
            observer.observe(document, {
                subtree: true,
                childList: true,
                attributes: true,
                attributeFilter: ["src"],
            });
            onNextClick((event) => (clicked = event.timeStamp));
        },

        // The same until an empty request was answered and a frame painted. The register does not
        // hear of that click.
        tellAnswered(route) {
            onNextClick(async (event) => {
                event.stopImmediatePropagation();
                const answer = await fetch(route, {
                    method: "POST",
                    headers: { "Content-Type": "application/json" },
                    body: JSON.stringify({ jsonrpc: "2.0", method: "call", params: {} }),
                });
                await answer.json();
                afterNextFrame(() => tell(performance.now() - event.timeStamp));
            });
        },

        // When the current order's line is done, in seconds since the epoch.
        tellDone() {
            const order = posmodel.getOrder();
            const look = () => {
                if (order.payment_ids.some((line) => line.payment_status === "done")) {
                    tell(Date.now() / 1000);
                } else {
                    setTimeout(look, 4);
                }
            };
            look();
        },
    };

    // When the first product is there, in ms since the page began to load.
    new MutationObserver((_changes, observer) => {
        if (document.querySelector(".product-list .product")) {
            observer.disconnect();
            requestAnimationFrame(() => tell(performance.now()));
        }
    }).observe(document, { subtree: true, childList: true });
})();
