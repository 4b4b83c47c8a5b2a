"""The schema of Terraform's AWS provider, asked of its executable (plugin protocol 5), where a machine has one."""

import os
import subprocess
from collections.abc import Iterator
from typing import Any

import grpc

PROVIDER = os.environ.get("TF_AWS_PROVIDER", "")
# hashicorp/terraform-plugin-go, tfprotov5/tf5server: what a provider wants to see before it serves.
COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"

Block = dict[str, "Block | None"]
"""Names in a block: another block behind it, or None for an attribute."""


def resource_blocks() -> dict[str, Block]:
    """The block of each resource type."""
    environment = {**os.environ, "TF_PLUGIN_MAGIC_COOKIE": COOKIE, "PLUGIN_PROTOCOL_VERSIONS": "5"}
    process = subprocess.Popen([PROVIDER], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        network, address = process.stdout.readline().decode().split("|")[2:4]
        target = f"unix:{address}" if network == "unix" else address
        with grpc.insecure_channel(target, options=[("grpc.max_receive_message_length", -1)]) as channel:
            raw = channel.unary_unary("/tfplugin5.Provider/GetSchema")(b"", timeout=300)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
    return dict(_resource(entry) for number, entry in _fields(raw) if number == 2)


def _resource(entry: bytes) -> tuple[str, Block]:
    """An entry of the map of types: name, and a schema whose second field is the block."""
    found = dict(_fields(entry))
    return found[1].decode(), _block(dict(_fields(found[2]))[2])


def _block(raw: bytes) -> Block:
    """A block: attributes in field 2 and blocks in field 3, each with its name first."""
    block: Block = {}
    for number, value in _fields(raw):
        if number in (2, 3):
            found = dict(_fields(value))
            block[found[1].decode()] = _block(found[2]) if number == 3 else None
    return block


def _fields(raw: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field of a protobuf message."""
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        if tag & 7 == 0:
            value, at = _varint(raw, at)
            yield tag >> 3, value
        else:
            length, at = _varint(raw, at)
            yield tag >> 3, raw[at : at + length]
            at += length


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte, at = raw[at], at + 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
