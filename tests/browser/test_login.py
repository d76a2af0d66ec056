"""The way in: a link for one login, a cookie that no other site can use, and the way out."""

from typing import Any

from tests.browser import elsewhere
from tests.browser.chromium import Visitor
from tests.browser.conftest import NewVisitor
from tests.browser.network import NETWORK
from tests.browser.site import Site
from tests.browser.story import BEN, DORA, EMIL


async def is_in(visitor: Visitor) -> bool:
    """Whether the pages know who this is."""
    return (await visitor.page.request.get(f"{visitor.base}/")).status == 200


async def test_a_link_leads_in_once(site: Site, new_visitor: NewVisitor) -> None:
    link = await site.link(BEN)
    preview, ben, thief = await new_visitor(), await new_visitor(), await new_visitor()
    await preview.open(link)  # a mail scanner looks, and does not press the button
    await ben.log_in(link)
    assert NETWORK in await ben.said()
    await thief.open(link, 403)
    assert "gilt nicht mehr" in await thief.said()
    assert "!übersicht" in await thief.said()
    assert await thief.page.get_by_role("main").get_by_role("button").count() == 0
    await thief.open("/", 403)


async def test_a_link_expires(site: Site, new_visitor: NewVisitor) -> None:
    link, nobody = await site.link(EMIL), await new_visitor()
    await nobody.open(link)
    with site.later(minutes=16):
        nobody.allowed.add(403)
        await nobody.page.get_by_role("main").get_by_role("button").click()
        assert "gilt nicht mehr" in await nobody.said()
        await nobody.open(link, 403)
        await nobody.open("/", 403)


async def test_a_session_ends_by_itself(site: Site, new_visitor: NewVisitor) -> None:
    dora = await new_visitor()
    await dora.log_in(await site.link(DORA))
    for hours in (1.9, 3.7, 5.5, 7.3, 9.1, 10.9):  # somebody who is always looking
        with site.later(hours=hours):
            await dora.open("/")
    with site.later(hours=12.1):
        await dora.open("/", 403)
        assert "melden Sie sich an" in await dora.said()


async def test_a_session_ends_when_nobody_looks(site: Site, new_visitor: NewVisitor) -> None:
    emil = await new_visitor()
    await emil.log_in(await site.link(EMIL))
    with site.later(hours=2.1):
        await emil.open("/", 403)


async def test_what_others_may_do_with_the_cookie(site: Site, new_visitor: NewVisitor) -> None:
    ben = await new_visitor("member")
    await ben.open("/")
    (cookie,) = await ben.context.cookies()
    flags = {name: cookie.get(name) for name in ("httpOnly", "sameSite", "path", "domain", "secure")}
    assert flags == {"httpOnly": True, "sameSite": "Strict", "path": "/", "domain": "127.0.0.1", "secure": False}
    assert cookie["expires"] > 0
    assert len(cookie["value"]) >= 43  # 256 bits
    assert await ben.page.evaluate("document.cookie") == ""


async def test_a_forged_cookie_leads_nowhere(site: Site, new_visitor: NewVisitor) -> None:
    ben, forger = await new_visitor("member"), await new_visitor()
    (real,) = await ben.context.cookies()
    for value in ("A" * 43, real["value"][:-1], real["value"].swapcase(), "' OR 1=1 --", "../../etc/passwd"):
        forged: Any = {**real, "value": value}
        await forger.context.clear_cookies()
        await forger.context.add_cookies([forged])
        await forger.open("/", 403)
        assert NETWORK not in await forger.said()


async def test_out_is_out(site: Site, new_visitor: NewVisitor) -> None:
    dora = await new_visitor()
    await dora.log_in(await site.link(DORA))
    stolen: Any = await dora.context.cookies()
    await dora.page.get_by_role("button", name="Abmelden").click()
    assert "Sie sind abgemeldet" in await dora.said()
    assert await dora.context.cookies() == []
    dora.allowed.add(403)
    await dora.page.go_back()
    assert NETWORK not in await dora.said()  # the browser has kept nothing that it shows again
    await dora.context.add_cookies(stolen)
    await dora.open("/", 403)


async def test_a_link_in_somebody_elses_page_leads_in(site: Site, new_visitor: NewVisitor) -> None:
    ben, link = await new_visitor(), await site.link(BEN)
    async with elsewhere.page(f"<a href='{link}'>Zur Übersicht</a>") as mail:
        ben.others.add(mail)
        await ben.open(mail)
        await ben.page.get_by_role("link").click()
        await ben.page.get_by_role("main").get_by_role("button").click()
        await ben.page.wait_for_url(f"{ben.base}/")
        assert NETWORK in await ben.said()


async def test_from_another_site_one_more_click_is_needed(site: Site, new_visitor: NewVisitor) -> None:
    """SameSite=Strict: the cookie is not sent along, so the page cannot know who this is."""
    ben = await new_visitor("member")
    async with elsewhere.page(f"<a href='{ben.base}/'>Übersicht</a>") as mail:
        ben.others.add(mail)
        ben.allowed.add(403)
        await ben.open(mail)
        await ben.page.get_by_role("link").click()
        assert NETWORK not in await ben.said()
        await ben.page.get_by_role("main").get_by_role("link").click()
        await ben.page.wait_for_url(f"{ben.base}/")
        assert NETWORK in await ben.said()


async def test_another_site_cannot_act_for_somebody(site: Site, new_visitor: NewVisitor) -> None:
    ben = await new_visitor("member")
    form = f"<form method=post action='{ben.base}/abmelden'><button>Gewinnen</button></form>"
    async with elsewhere.page(form) as trap:
        ben.others.add(trap)
        ben.allowed.add(403)
        await ben.open(trap)
        await ben.page.get_by_role("button").click()
        await ben.page.wait_for_url(f"{ben.base}/abmelden")
        assert "Das geht so nicht" in await ben.said()
        assert await is_in(ben)


async def test_nothing_foreign_runs_even_if_it_got_into_a_page(new_visitor: NewVisitor) -> None:
    """The content security policy: no script, nothing inline, nothing from elsewhere."""
    ben = await new_visitor("member")
    await ben.open("/projekte")
    async with elsewhere.page("") as trap:
        for html in (
            "<script>document.title = 'Gehackt'</script>",
            "<button id=evil onclick=\"document.title = 'Gehackt'\">Los</button>",
            f"<img src='{trap}/bild.png'>",
            f"<iframe src='{trap}'></iframe>",
            "<style>h1 { display: none }</style>",
        ):
            await ben.page.evaluate(
                "html => document.body.append(document.createRange().createContextualFragment(html))", html
            )
        await ben.page.locator("#evil").click()
        await ben.page.wait_for_timeout(200)
    assert await ben.page.title() != "Gehackt"
    assert await ben.page.locator("h1").is_visible()
    assert len([problem for problem in ben.problems if "Content Security Policy" in problem]) >= 5
    ben.problems.clear()


async def test_another_site_cannot_show_the_pages_in_a_frame(site: Site, new_visitor: NewVisitor) -> None:
    ben = await new_visitor("member")
    async with elsewhere.page(f"<iframe src='{ben.base}/'></iframe>") as trap:
        ben.others |= {trap, "chrome-error:"}
        ben.allowed.add(403)
        await ben.open(trap)
        (frame,) = ben.page.frames[1:]
        assert NETWORK not in await frame.locator("body").inner_text()
        assert any("frame-ancestors" in problem or "X-Frame-Options" in problem for problem in ben.problems)
        ben.problems.clear()
