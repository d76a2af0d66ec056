"""Element's side of a widget, by Element's own library (matrix-widget-api): a page that shows one in a frame.

What Element adds to the library is done here as in its `StopGapWidget`: the widget's ID and its own address in the
address, the sandbox of the frame, and that the person is asked before anybody learns who they are.
"""

import json
from pathlib import Path
from typing import Any

SANDBOX = (
    "allow-forms allow-popups allow-popups-to-escape-sandbox allow-same-origin allow-scripts allow-presentation"
    " allow-downloads"
)
PAGE = """<button id=agree>Ja</button><button id=refuse>Nein</button><button id=again>Noch einmal</button>
<iframe id=widget width=900 height=700 sandbox="{sandbox}"></iframe><p id=state></p>
<script>{library}</script>
<script>
const {{Widget, WidgetDriver, ClientWidgetApi, OpenIDRequestState}} = mxwidgets()
const told = {told}, frame = document.getElementById("widget"), state = document.getElementById("state")
class Driver extends WidgetDriver {{
  validateCapabilities() {{ return Promise.resolve(new Set()) }}
  askOpenID(observer) {{
    if (told.fails) return observer.update({{state: OpenIDRequestState.Allowed}})
    observer.update({{state: OpenIDRequestState.PendingUserConfirmation}})
    agree.onclick = () => observer.update({{state: OpenIDRequestState.Allowed, token: told.token}})
    refuse.onclick = () => observer.update({{state: OpenIDRequestState.Blocked}})
  }}
}}
const widget = new Widget({{...told.content, id: told.key}})
const api = new ClientWidgetApi(widget, frame, new Driver())
api.once("ready", () => state.textContent = "ready")
function show() {{
  const address = new URL(widget.getCompleteUrl({{widgetRoomId: told.room, currentUserId: told.person}}))
  address.searchParams.set("widgetId", told.key)
  address.searchParams.set("parentUrl", location.href)
  frame.src = address
}}
again.onclick = show
show()
</script>"""


def page(packages: Path, content: dict[str, Any], person: str, room: str, token: str, *, fails: bool = False) -> str:
    """Element as `person` sees it in `room`, whose widget the bot has described with `content`.

    Whether the pages may learn who they are is asked with two buttons; then the homeserver's `token` is handed over.
    With `fails`, the homeserver gives Element none.
    """
    library = (packages / "matrix-widget-api" / "dist" / "api.min.js").read_text(encoding="utf-8")
    vouched = {"access_token": token, "matrix_server_name": "example.org", "token_type": "Bearer", "expires_in": 3600}
    told = {"content": content, "key": "zwischenstand", "person": person, "room": room, "token": vouched}
    return PAGE.format(sandbox=SANDBOX, library=library, told=json.dumps(told | {"fails": fails}))
