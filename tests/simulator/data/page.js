(() => {
  const main = document.querySelector("main");
  const card = document.querySelector("[data-version]");
  if (!card) return;
  const time = document.querySelector("time[data-seconds]");
  const ends = time && Date.now() + 1000 * Number(time.dataset.seconds);
  const two = (number) => String(number).padStart(2, "0");
  const countdown = () => {
    const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
    const hours = Math.floor(left / 3600);
    const minutes = Math.floor(left / 60) % 60;
    time.textContent = (hours ? hours + ":" + two(minutes) : minutes) + ":" + two(left % 60);
  };
  if (time) { countdown(); setInterval(countdown, 1000); }
  const pay = document.querySelector("[data-action=pay]");
  main.addEventListener("change", (event) => {
    if (pay && event.target.name === "asset") pay.textContent = "Pay " + event.target.dataset.due;
  });
  const chosen = document.querySelector("input[name=asset]:checked");
  if (pay && chosen) pay.textContent = "Pay " + chosen.dataset.due;
  const look = async () => {
    try {
      const answer = await fetch("/code/" + card.dataset.code + "/state", {cache: "no-store"});
      const state = await answer.json();
      if (String(state.version) !== card.dataset.version) return location.reload();
    } catch (error) { /* the simulator pauses or is gone: look again */ }
    setTimeout(look, 700);
  };
  setTimeout(look, 700);
})();
