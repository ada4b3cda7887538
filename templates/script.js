"use strict";
// Sessions in pages, the search in them, what opens for a link, and buttons that copy. Without this script the page
// shows everything, in one list.
(() => {
  const PAGE = 50;
  const byId = (id) => document.getElementById(id);
  const say = (words) => { byId("said").textContent = words; };
  const number = (count) => count.toLocaleString("en");

  const sessions = Array.from(document.querySelectorAll("details.session"));
  const tools = byId("tools");
  let chosen = sessions;
  let page = 0;
  // What the search looks through, gathered when it is first used.
  let texts = null;

  function show() {
    const pages = Math.max(1, Math.ceil(chosen.length / PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    const visible = new Set(chosen.slice(page * PAGE, (page + 1) * PAGE));
    for (const session of sessions) {
      session.hidden = !visible.has(session);
    }
    byId("pages").hidden = pages === 1;
    byId("page").textContent = `Page ${page + 1} of ${pages}`;
    byId("previous").disabled = page === 0;
    byId("next").disabled = page === pages - 1;
    const all = sessions.length;
    byId("shown").textContent = chosen.length === all ? `${number(all)} in all` : `${number(chosen.length)} of ${number(all)}`;
  }

  const RANK = { error: 3, warning: 2, note: 1 };
  const LEAST = { error: 3, warning: 2, any: 1 };

  function choose() {
    texts ??= sessions.map((session) => `${session.dataset.names} ${session.textContent}`.toLowerCase());
    const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const least = LEAST[byId("worst").value] ?? 0;
    chosen = sessions.filter((session, at) =>
      (RANK[session.dataset.worst] ?? 0) >= least && words.every((word) => texts[at].includes(word)));
    page = 0;
    show();
  }

  function turn(by) {
    page += by;
    show();
    byId("sessions").scrollIntoView();
    byId("sessions").focus({ preventScroll: true });
    say(byId("page").textContent);
  }

  // Opens whatever holds the target of a link, and goes to its page.
  function reveal() {
    let id = "";
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const target = id && byId(id);
    if (!target) {
      return;
    }
    const session = target.closest("details.session");
    if (session) {
      if (!chosen.includes(session)) {
        byId("search").value = "";
        byId("worst").value = "";
        choose();
      }
      page = Math.floor(chosen.indexOf(session) / PAGE);
      show();
    }
    for (let holder = target.closest("details"); holder; holder = holder.parentElement.closest("details")) {
      holder.open = true;
    }
    target.scrollIntoView();
    const focus = target.matches("details") ? target.querySelector("summary") : target;
    focus.focus({ preventScroll: true });
  }

  async function copy(button) {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Where a page may not use the clipboard it may still copy what is selected.
      const range = document.createRange();
      range.selectNodeContents(button.parentElement.querySelector("code"));
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      document.execCommand("copy");
    }
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 1500);
    say(`Copied ${text}`);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (button) {
      copy(button);
    }
    const link = event.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) {
      reveal();
    }
  });

  if (tools) {
    tools.hidden = false;
    byId("list").classList.add("paged");
    tools.addEventListener("submit", (event) => event.preventDefault());
    let timer = 0;
    byId("search").addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(choose, 150);
    });
    byId("worst").addEventListener("change", choose);
    byId("previous").addEventListener("click", () => turn(-1));
    byId("next").addEventListener("click", () => turn(1));
    byId("open").addEventListener("click", () => {
      for (const session of chosen.slice(page * PAGE, (page + 1) * PAGE)) {
        session.open = true;
      }
    });
    byId("close").addEventListener("click", () => {
      for (const session of sessions) {
        session.open = false;
      }
    });
    show();
    // A single session is what one came for.
    if (sessions.length === 1) {
      sessions[0].open = true;
    }
  }
  addEventListener("hashchange", reveal);
  reveal();

  // On paper: the explanations, and the sessions of the page with something wrong.
  let closed = [];
  addEventListener("beforeprint", () => {
    const print = "details.kind, details.session.warning:not([hidden]), details.session.error:not([hidden])";
    closed = Array.from(document.querySelectorAll(print)).filter((details) => !details.open);
    for (const details of closed) {
      details.open = true;
    }
  });
  addEventListener("afterprint", () => {
    for (const details of closed) {
      details.open = false;
    }
    closed = [];
  });
})();
