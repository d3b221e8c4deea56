"""Encrypted connections: the certificate is verified, for the name that was asked for."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from web import SMALL, Web, reply, web

from index.errors import FetchError

PAGE = b"<!DOCTYPE html><html><body><article><p>The pier is closed until June.</p></article></body></html>"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for news.example that nobody has signed but itself, with its key."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("openssl is not installed: no certificate can be made")
    path = tmp_path_factory.mktemp("tls") / "news.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=news.example"]
    command += ["-addext", "subjectAltName=DNS:news.example", "-keyout", str(path), "-out", f"{path}.crt"]
    if subprocess.run(command, capture_output=True, timeout=60).returncode:
        pytest.skip("this openssl cannot make a certificate")
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


@pytest.fixture
def secured(certificate: Path) -> Iterator[Web]:
    with web(news=reply(PAGE), other=reply(PAGE)) as net:
        for site in net.sites.values():
            site.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            site.context.load_cert_chain(certificate)
        yield net


def test_b5_a_certificate_that_nobody_vouches_for_is_refused(secured: Web) -> None:
    with pytest.raises(FetchError, match=r"no secure connection \(.*certificate verify failed"):
        secured.fetcher()("https://news.example/")
    assert secured.sites["news.example"].requests == []


def test_b5_a_certificate_of_another_name_is_refused(secured: Web, certificate: Path) -> None:
    secured.trusted = ssl.create_default_context(cafile=certificate)
    assert secured.fetcher()("https://news.example/").data == PAGE
    with pytest.raises(FetchError, match=r"no secure connection \(.*other\.example"):
        secured.fetcher()("https://other.example/")


def test_b5_plain_text_in_answer_to_a_secure_request() -> None:
    with web(news=reply(PAGE)) as net:
        net.sites["news.example"].hasty = True
        with pytest.raises(FetchError, match=r"no secure connection \(.*(?i:wrong version|packet|record)"):
            net.fetcher()("https://news.example/")


def test_b5_no_answer_to_a_secure_request() -> None:
    with web(news=reply(PAGE)) as net, pytest.raises(FetchError, match=r"no secure connection \(.*timed out"):
        net.fetcher(replace(SMALL, max_seconds=0.5))("https://news.example/")
