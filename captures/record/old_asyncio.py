"""Lets websockets 8.1 run under Python 3.10 and later.

It passes `loop=` (always None since Python 3.8) to functions of asyncio which have not
taken it since Python 3.10. The argument is dropped; nothing else changes.
"""

import asyncio
import functools
from importlib.metadata import version


def without_loop(function):
    @functools.wraps(function, updated=())
    def call(*args, loop=None, **kwargs):
        return function(*args, **kwargs)

    return call


if version("websockets") == "8.1":
    for name in ["Lock", "sleep", "wait", "wait_for"]:
        setattr(asyncio, name, without_loop(getattr(asyncio, name)))
