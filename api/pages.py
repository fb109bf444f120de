"""The few pages the server writes itself: the API's documentation, and what to do when there is no client to show."""

from __future__ import annotations

from html import escape

_STYLE = """
:root { color-scheme: dark }
body { background: #1b1b1b; color: #d8d8d8; font: 15px/1.55 system-ui, sans-serif; margin: 0 }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 6rem }
h1, h2 { font-weight: 600 }
h2 { margin: 3rem 0 .5rem }
h3 { font-size: .95rem; color: #a8a8a8; font-weight: 500; margin: 1rem 0 .2rem }
p { margin: .4rem 0 }
a { color: #9cc4ff }
nav a { margin-right: 1rem }
code { font: 13px/1.5 ui-monospace, monospace; background: #2b2b2b; border-radius: 4px; padding: .1em .35em }
details { background: #232323; border-radius: 8px; margin: .5rem 0; padding: .6rem .9rem }
summary { cursor: pointer; display: flex; gap: .8rem; align-items: baseline; flex-wrap: wrap }
summary code { background: none; padding: 0 }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 }
td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #333 }
.quiet { color: #a8a8a8 }
.method { display: inline-block; min-width: 4.2rem; font: 600 12px ui-monospace, monospace; letter-spacing: .05em }
.get { color: #8fcf9f } .post { color: #9cc4ff } .patch, .put { color: #e6c07b } .delete { color: #f08a7b }
:target { outline: 2px solid #9cc4ff }
"""

_DOOR_STYLE = """
:root { color-scheme: dark }
body { margin: 0; background: #1f1f1f; color: #ededed;
  font: 15px/1.5 Inter, 'SF Pro Text', ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif }
main { box-sizing: border-box; max-width: 392px; min-height: 100dvh; margin: 0 auto; padding: 24px 16px 16dvh;
  display: grid; align-content: center; justify-items: start; gap: 16px }
.mark { display: flex; align-items: center; gap: 10px; font-weight: 650; font-size: 16px }
h1 { margin: 8px 0 0; font-size: 20px; line-height: 1.25; font-weight: 600 }
p { margin: 0; color: #b6b6b6 }
code { font: 13px/1.5 ui-monospace, monospace; background: #303030; color: #ededed; border-radius: 4px;
  padding: .1em .35em }
.button { padding: 10px 16px; border-radius: 5px; background: #e9b25c; color: #1d1508; font-weight: 600;
  text-decoration: none }
.button:hover { background: #f2c173 }
:focus-visible { outline: 2px solid #e9b25c; outline-offset: 2px }
"""
"""The colours of client/src/app.css, which this page cannot count on."""
_WORDMARK = (
    "<span class='mark'><svg viewBox='0 0 32 32' width='28' height='28' aria-hidden='true'>"
    "<path d='M5 6v13c0 4.5 5 7 11 7s11-2.5 11-7V6' fill='none' stroke='currentColor' stroke-width='2.6' "
    "stroke-linecap='round'/><circle cx='16' cy='12' r='4' fill='#e9b25c'/></svg>Cyclorama</span>"
)


def page(title: str, body: str) -> str:
    """A whole HTML page without scripts.

    Args:
        title: plain text.
        body: HTML.
    """
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        f"<meta name='viewport' content='width=device-width'><title>{escape(title)}</title>"
        f"<link rel='icon' href='data:,'><style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def client_missing_page(directory: str) -> str:
    """Shown at / while the client is not built."""
    return page("Cyclorama: the client is not built", f"""
<h1>The server runs; the client is not built yet</h1>
<p>There is nothing in <code>{escape(directory)}</code>. Run <code>make setup</code> in the repository, or
<code>npm ci &amp;&amp; npm run build</code> in <code>client/</code>, and load this page again. A client built elsewhere
is named with <code>CYCLORAMA_CLIENT_DIR</code>.</p>
<p>The API works meanwhile: <a href="/api/docs">its documentation</a>.</p>""")


def link_spent_page() -> str:
    """Shown to somebody whose sign-in link does not work any more, or never did."""
    return _door("This sign-in link does not work", """
<h1>This sign-in link does not work</h1>
<p>Each link signs in once, within a day: this one is used up, too old, or was cut short. Ask whoever sent it for
another. On the server, <code>cyclorama token link</code> prints one.</p>
<a class="button" href="/">Sign in with a password</a>""")


def _door(title: str, body: str) -> str:
    """A page that looks like the client's own door, for people rather than developers."""
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)} · Cyclorama</title><link rel='icon' href='/icon.svg'><style>{_DOOR_STYLE}</style>"
        f"</head><body><main>{_WORDMARK}{body}</main></body></html>"
    )
