"""The page and the API behind a real nginx with the configuration of `docs/proxy.md`."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fakes import FakeChain, respond
from playwright.sync_api import expect, sync_playwright
from test_browser import ARGUMENTS, CHROMIUM, ask, pytestmark as browser_marks
from test_fetching_tls import certificate

from rag.feedback import FeedbackFile
from ui.web.app import create_app
from ui.web.protocol import Protocol

__all__ = ["certificate"]

ROOT = Path(__file__).parent.parent
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
READER = ("ines", "tide")

pytestmark = [*browser_marks, pytest.mark.skipif(NGINX is None, reason="nginx is not installed")]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def running(folder: Path, port: int, **options: Any) -> Iterator[int]:
    """The application with such options; gives its port."""
    app = create_app(FakeChain(respond, pause=0.3), feedback=FeedbackFile(folder / "feedback.jsonl"), **options)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxied = {"proxy_headers": True, "forwarded_allow_ips": ["127.0.0.1"]}
        server = uvicorn.Server(
            uvicorn.Config(app, http=Protocol, log_level="error", timeout_graceful_shutdown=1, **proxied)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def proxied(folder: Path, certificate: Path, listen: int, to: int, *, rewritten: bool) -> Iterator[None]:
    """The nginx of the documentation; `rewritten`: without the line that keeps the Host header."""
    (found,) = re.findall(r"^```nginx\n(.*?)^```", (ROOT / "docs" / "proxy.md").read_text("utf-8"), re.M | re.S)
    (folder / "passwords").write_text(f"{READER[0]}:{{PLAIN}}{READER[1]}\n")
    for before, after in (
        ("listen 443 ssl", f"listen 127.0.0.1:{listen} ssl"), ("127.0.0.1:7860", f"127.0.0.1:{to}"),
        ("/etc/ssl/news.example.pem", str(certificate)), ("/etc/ssl/news.example.key", str(certificate)),
        ("/etc/nginx/news.passwords", str(folder / "passwords")),
        *([("proxy_set_header Host $http_host;", "")] if rewritten else []),
    ):  # fmt: skip
        assert before in found
        found = found.replace(before, after)
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"worker_processes 1;\ndaemon off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}\n{found}}}\n"
    )
    assert NGINX is not None
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    user = ["-g", "user root;"] if folder.owner() == "root" else []
    process = subprocess.Popen([*command, *user], stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", listen)) == 0:
                    break
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)
        assert process.stderr is not None
        process.stderr.close()


@pytest.fixture(params=["Host kept", "Host rewritten"])
def site(request: pytest.FixtureRequest, tmp_path: Path, certificate: Path) -> Iterator[str]:
    """The address under which readers reach the server."""
    port = free_port()
    rewritten = request.param == "Host rewritten"
    address = f"https://news.example:{port}"
    allowed = {"allowed_origins": [address]} if rewritten else {"allowed_hosts": ["news.example"]}
    with (
        running(tmp_path, port, **allowed) as behind,
        proxied(tmp_path, certificate, port, behind, rewritten=rewritten),
    ):
        yield address


@pytest.fixture
def asked(site: str, certificate: Path) -> Iterator[httpx.Client]:
    """A program that asks, and that knows where news.example is."""
    port = int(site.rpartition(":")[2])
    trusted = ssl.create_default_context(cafile=certificate)
    with httpx.Client(base_url=f"https://127.0.0.1:{port}", auth=READER, verify=trusted, timeout=30) as client:
        client.headers["host"] = f"news.example:{port}"
        client.event_hooks["request"] = [lambda sent: sent.extensions.update(sni_hostname="news.example")]
        yield client


def test_e7d_the_api_works_through_a_proxy(asked: httpx.Client, site: str) -> None:
    for headers in ({}, {"origin": site}):
        response = asked.post("/v1/ask", json={"question": "How much ice a day?"}, headers=headers)
        assert (response.status_code, response.json()["short_answer"]) == (200, "forty tonnes")
        assert response.headers["x-content-type-options"] == "nosniff"
    assert asked.get("/healthz").json()["status"] == "ok"
    assert asked.get("/", follow_redirects=False).headers["location"] in ("/ui/", f"{site}/ui/")
    assert asked.get("/ui", follow_redirects=False).headers["location"] in ("/ui/", f"{site}/ui/")


def test_e7d_another_site_may_still_not_post_and_nobody_comes_in_without_a_password(
    asked: httpx.Client, site: str
) -> None:
    for origin in ("https://evil.example", "null", site.replace("news", "views")):
        response = asked.post("/v1/ask", json={"question": "How much ice?"}, headers={"origin": origin})
        assert (response.status_code, response.json()["error"]["type"]) == (403, "RequestRefused")
    assert asked.get("/healthz", auth=("ines", "wrong")).status_code == 401


def test_e7d_the_page_streams_an_answer_and_takes_a_verdict_through_a_proxy(site: str) -> None:
    trouble: list[str] = []
    with sync_playwright() as playwright:
        rules = "--host-resolver-rules=MAP news.example 127.0.0.1"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, rules])
        credentials: Any = {"username": READER[0], "password": READER[1]}
        context = browser.new_context(ignore_https_errors=True, http_credentials=credentials)
        context.on("request", lambda r: r.url.startswith((site, "data:", "blob:")) or trouble.append(r.url))
        context.on("response", lambda r: r.status < 400 or trouble.append(f"{r.status} {r.url}"))
        page = context.new_page()
        page.on("console", lambda m: m.type == "error" and trouble.append(m.text))
        page.set_default_timeout(20_000)
        page.goto(f"{site}/")
        page.get_by_label("Your question").fill("Why is the pier closed?")
        page.keyboard.press("Enter")
        expect(page.locator("#turn-1 .answer")).to_contain_text("on Monday.")
        assert page.locator("#turn-1 .found").count() == 0, "it came at once, not as it grew"
        page.locator("#turn-1 .found").wait_for()
        ask(page, "How much ice a day?")
        page.get_by_role("button", name="Right", exact=True).click()
        expect(page.locator(".rating-said")).to_contain_text("Thank you, noted.")
        context.close()
        browser.close()
    assert [problem for problem in trouble if not problem.startswith("401 ")] == []
