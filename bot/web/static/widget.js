// Asks Element who is looking (Matrix OpenID, MSC1960) and logs them in. Talks to the origins in the page, no others.
"use strict";

(() => {
  const main = document.querySelector("[data-elements]");
  const origins = main.dataset.elements.split(" ");
  const state = main.querySelector("[role=status]");
  const here = new URLSearchParams(location.search);
  // only the widget's first address says where it stands; the name of a frame outlasts the pages in it
  if (here.has("raum")) {
    window.name = JSON.stringify({ widgetId: here.get("widgetId") || "zwischenstand", raum: here.get("raum") });
  }
  const given = { widgetId: "zwischenstand", raum: "", ...remembered() };
  const request = `zwischenstand-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
  let done = false;

  /** Whoever is around us may have given the frame another name. */
  function remembered() {
    try {
      return JSON.parse(window.name);
    } catch {
      return {};
    }
  }

  function say(name) {
    state.textContent = main.dataset[name];
  }

  /** What is meant for another origin than the frame around us has, the browser does not hand over. */
  function ask() {
    const message = {
      api: "fromWidget", widgetId: given.widgetId, requestId: request, action: "get_openid", data: {},
    };
    for (const origin of origins) {
      try {
        window.parent.postMessage(message, origin);
      } catch {
        // only Element Desktop knows `vector://vector`; to a browser it is no origin
      }
    }
  }

  async function enter(token) {
    if (done) {
      return;
    }
    done = true;
    const answer = await fetch(main.dataset.login, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        access_token: token.access_token, matrix_server_name: token.matrix_server_name, room: given.raum,
      }),
    });
    if (!answer.ok) {
      say(answer.status === 403 ? "refused" : "failed");
      return;
    }
    // a browser that keeps no cookie for us here would bring us back to this page, again and again
    if (here.has("angemeldet")) {
      say("cookies");
      return;
    }
    location.replace(`${(await answer.json()).to}?${new URLSearchParams({ ...given, angemeldet: "1" })}`);
  }

  function taken(credentials) {
    if (credentials.state === "allowed") {
      enter(credentials).catch(() => say("failed"));
    } else {
      say({ blocked: "blocked", request: "confirm" }[credentials.state] || "failed");
    }
  }

  window.addEventListener("message", (event) => {
    const message = event.data;
    if (event.source !== window.parent || !origins.includes(event.origin) || !message || typeof message !== "object") {
      return;
    }
    if (message.api === "fromWidget" && message.requestId === request && message.response) {
      taken(message.response);
      return;
    }
    if (message.api !== "toWidget" || !message.requestId) {
      return;
    }
    const answers = {
      capabilities: { capabilities: [] },
      supported_api_versions: { supported_versions: ["0.0.1", "0.0.2"] },
    };
    window.parent.postMessage({ ...message, response: answers[message.action] || {} }, event.origin);
    const ours = (message.data || {}).original_request_id === request;
    if (message.action === "openid_credentials" && ours) {
      taken(message.data);
    }
  });

  if (window.parent !== window) {
    say("asking");
    ask();
  } else {
    say("outside");
  }
})();
