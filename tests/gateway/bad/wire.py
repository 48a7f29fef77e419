# ruff: noqa: E501 - tables, in which a case is a line
"""What no proper client would send: heads, lengths and chunks that are none, byte by byte."""

from __future__ import annotations

from dataclasses import dataclass

from tests.gateway.bodies import FORM

BODY = b'{"value": "hello"}'
LENGTH = f"Content-Length: {len(BODY)}"
IN_CHUNKS = "Transfer-Encoding: chunked"


@dataclass(frozen=True)
class Raw:
    """Bytes on a connection, and what comes back: a status, words of the body, and the end, where it `ends`."""

    what: str
    sent: bytes
    says: str = "Invalid HTTP request received."
    status: int = 400
    ends: bool = True


def head(
    what: str, *headers: str, line: str = "POST /echo/submit HTTP/1.1", host: str = "Host: gateway"
) -> Raw:
    """A request whose head is wrong; its body would do."""
    return Raw(
        what, "\r\n".join([line, *filter(None, [host]), *headers, "", ""]).encode("latin-1") + BODY
    )


def chunks(what: str, body: bytes) -> Raw:
    """A body in chunks that are wrong."""
    return Raw(
        what, f"POST /echo/submit HTTP/1.1\r\nHost: gateway\r\n{IN_CHUNKS}\r\n\r\n".encode() + body
    )


def answered(what: str, line: str, says: str, *headers: str, status: int = 404) -> Raw:
    """A request that HTTP allows, and that is for nothing here; what follows on it is read as ever."""
    sent = "\r\n".join([line, "Host: gateway", *headers, "", ""]).encode()
    return Raw(what, sent, says, status, ends=False)


LENGTHS = [
    head("a length is negative", "Content-Length: -5"),
    head("a length has a sign", "Content-Length: +18"),
    head("a length is a word", "Content-Length: many"),
    head("a length is a fraction", "Content-Length: 18.0"),
    head("a length is in hexadecimal", "Content-Length: 0x12"),
    head("a length is a digit of another script", "Content-Length: \xb2"),
    head("a length is empty", "Content-Length:"),
    head("a length has thirty digits", f"Content-Length: {'9' * 30}"),
    head("a length has thousands of digits", f"Content-Length: {'9' * 5000}"),
    head("two lengths are in one header", "Content-Length: 18, 5"),
    head("two lengths are in two headers", LENGTH, "Content-Length: 5"),
    head("a bad request is followed by a good one", "Content-Length: x\r\n\r\nPOST /echo/submit HTTP/1.1\r\nHost: gateway", LENGTH),
    head("an encoding is none", "Transfer-Encoding: identity"),
    head("an encoding is unknown", "Transfer-Encoding: xchunked"),
    head("an encoding is compressed", "Transfer-Encoding: gzip"),
    head("an encoding is compressed and in chunks", "Transfer-Encoding: gzip, chunked"),
    head("an encoding is given twice", IN_CHUNKS, IN_CHUNKS),
    Raw("a body has both a length and chunks", f"POST /echo/submit HTTP/1.1\r\nHost: gateway\r\n{LENGTH}\r\n{IN_CHUNKS}\r\n\r\n0\r\n\r\n".encode(), "both Content-Length and Transfer-Encoding"),
    answered("a length is more than is taken", "POST /convert/submit HTTP/1.1", "setting maxInputBytes", f"Content-Type: {FORM}", "Content-Length: 1000000000000", status=413),
    answered("leave is asked for more than is taken", "POST /convert/submit HTTP/1.1", "setting maxInputBytes", f"Content-Type: {FORM}", "Content-Length: 1000000000000", "Expect: 100-continue", status=413),
]  # fmt: skip

CHUNKS = [
    chunks("a chunk has no length", b"\r\n" + BODY),
    chunks("a chunk has a length that is none", b"zz\r\noops\r\n"),
    chunks("a chunk has a negative length", b"-5\r\nhello\r\n0\r\n\r\n"),
    chunks("a chunk has a length as in C", b"0x5\r\nhello\r\n0\r\n\r\n"),
    chunks("a chunk has a length of thirty digits", b"f" * 30 + b"\r\nhello\r\n0\r\n\r\n"),
    chunks("a chunk is longer than it says", b"3\r\nhello\r\n0\r\n\r\n"),
    chunks("a chunk does not end", b"12\r\n" + BODY + b"0\r\n\r\n"),
    chunks("a chunk has an extension without end", b"12;" + b"x" * 100_000),
    chunks("a trailer is none", b"0\r\nno colon\r\n\r\n"),
    chunks("there are very many trailers", b"0\r\n" + b"X-A: b\r\n" * 12_000),
]  # fmt: skip

HEADS = [
    head("no host is named", LENGTH, host=""),
    head("two hosts are named", LENGTH, "Host: another"),
    head("a header has no colon", LENGTH, "X-A"),
    head("a header has no name", LENGTH, ": x"),
    head("a header has a name of two words", LENGTH, "X A: x"),
    head("a header has a space before its colon", "Content-Length : 18"),
    head("a header has a null byte", LENGTH, "X-A: a\0b"),
    head("a header has a line break within", LENGTH, "X-A: a\rb"),
    head("the first header goes on from nothing", LENGTH, line="POST /echo/submit HTTP/1.1\r\n folded"),
    head("a version is none", LENGTH, line="POST /echo/submit HTTP/one"),
    head("there is no version", LENGTH, line="POST /echo/submit"),
    head("a method is none", LENGTH, line="P(ST /echo/submit HTTP/1.1"),
    head("a path has a control character", LENGTH, line="POST /echo/\x01submit HTTP/1.1"),
    head("a path has a space", LENGTH, line="POST /echo/ submit HTTP/1.1"),
    Raw("there are only empty lines", b"\r\n" * 40_000, "setting maxHeadBytes", 431),
    Raw("it is every byte there is", bytes(range(256)) * 20),
    Raw("it is a greeting of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)),
    Raw("it is HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "There is nothing at", 404),
    answered("it is for a proxy", "POST http://elsewhere.test/echo/submit HTTP/1.1", "There is nothing at"),
    answered("it is a tunnel", "CONNECT elsewhere.test:443 HTTP/1.1", "There is nothing at"),
    answered("it is for the server as a whole", "OPTIONS * HTTP/1.1", "There is nothing at"),
    answered("it is an echo for debugging", "TRACE /echo/submit HTTP/1.1", "takes POST, and not TRACE", status=405),
    answered("a method is in small letters", "post /echo/submit HTTP/1.1", "takes POST, and not post", status=405),
    answered("it asks for a WebSocket", "GET /echo/submit HTTP/1.1", "takes POST, and not GET", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", status=405),
]  # fmt: skip

MAX_HEAD = 16_384


def flood(what: str, *headers: str, line: str = "POST /echo/submit HTTP/1.1") -> Raw:
    """A head that is longer than is taken, and nothing else is wrong with it."""
    return Raw(what, head(what, LENGTH, *headers, line=line).sent, "setting maxHeadBytes", 431)


FLOODS = [
    flood("one header is a little too long", f"X-A: {'a' * MAX_HEAD}"),
    flood("one header is far too long", f"X-A: {'a' * 1_000_000}"),
    flood("the name of a header is too long", f"{'a' * MAX_HEAD}: b"),
    flood("there are thousands of headers", *(f"X-{number}: a" for number in range(2000))),
    flood("there are thousands of headers without a value", *["a:"] * 6000),
    flood("one header is given thousands of times", *["Cookie: a=b"] * 2000),
    flood("there are a hundred thousand headers", *(f"X-{number}: a" for number in range(100_000))),
    flood("a query is too long", line=f"POST /echo/submit?{'a=b&' * 5000} HTTP/1.1"),
    flood("a path is too long", line=f"POST /{'a' * 20_000}/submit HTTP/1.1"),
    flood("a path is far too long", line=f"POST /{'a' * 1_000_000}/submit HTTP/1.1"),
    flood("a method is too long", line=f"{'A' * 20_000} /echo/submit HTTP/1.1"),
    Raw("a line has no end", b"POST /" + b"a" * 1_000_000, "setting maxHeadBytes", 431),
]  # fmt: skip

WIRE = [*LENGTHS, *CHUNKS, *HEADS, *FLOODS]

SLOW = [
    Raw("nothing comes", b"", "", 0),
    Raw("half a head comes", b"POST /echo/submit HTTP/1.1\r\nHost: ga", "The head of the request did not come in time", 408),
    Raw("a line comes that is no HTTP", b"SSH-2.0-OpenSSH_9.9\r\n", "The head of the request did not come in time", 408),
    Raw("no body comes", head("", LENGTH).sent[: -len(BODY)], "The body did not come in time", 408),
    Raw("half a body comes", head("", LENGTH).sent[:-3], "The body did not come in time", 408),
    Raw("half a body comes in chunks", chunks("", b"12\r\n" + BODY[:5]).sent, "The body did not come in time", 408),
    Raw("the last chunk does not come", chunks("", b"12\r\n" + BODY + b"\r\n").sent, "The body did not come in time", 408),
    Raw("a chunk has a line that ends as in Unix", chunks("", b"12\n" + BODY + b"\n0\n\n").sent, "The body did not come in time", 408),
    Raw("a body is longer than it said", b"POST /echo/submit HTTP/1.1\r\nHost: gateway\r\nContent-Length: 14\r\n\r\n" + BODY, "not valid JSON"),
    Raw("half a form comes", f"POST /convert/submit HTTP/1.1\r\nHost: gateway\r\nContent-Type: {FORM}\r\nContent-Length: 500\r\n\r\n--a-bound".encode(), "The body did not come in time", 408),
    Raw("the body of what nobody takes does not come", b"POST /nothing/submit HTTP/1.1\r\nHost: gateway\r\nContent-Length: 5\r\n\r\n", "has no task at", 404),
]  # fmt: skip
"""What begins and does not go on: each is ended, and none keeps another waiting."""
