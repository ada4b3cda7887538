"""Files by Hadoop's file systems, through the driver's JVM."""

import json
import os
from urllib.parse import urlsplit


def is_local(word):
    """Whether a word of the command line is a plain path."""
    return not urlsplit(word).scheme


class Hadoop:
    """The file systems that Spark knows, local ones without checksum files beside the files."""

    def __init__(self, context):
        self._gateway, self._package = context._gateway, context._jvm.org.apache.hadoop
        self._conf = self._package.conf.Configuration(context._jsc.hadoopConfiguration())
        self._conf.set("fs.AbstractFileSystem.file.impl", "org.apache.hadoop.fs.local.RawLocalFs")

    def path(self, word):
        """A path for Hadoop: a plain one is local, whatever the default file system is."""
        path = self._package.fs.Path
        return path("file", None, os.path.abspath(word)) if is_local(word) else path(word)

    def _files(self, path):
        return self._package.fs.FileContext.getFileContext(path.toUri(), self._conf)

    def matches(self, word):
        """What a word stands for: itself, or what a pattern matches."""
        path = self.path(word)
        files = self._files(path).util()
        if files.exists(path):
            return [self._files(path).getFileStatus(path)]
        found = files.globStatus(path)
        if not found:
            raise FileNotFoundError(f"`{word}` matches no file")
        return list(found)

    def children(self, path):
        """What is in a folder."""
        return list(self._files(path).util().listStatus(path))

    def exists(self, path):
        """Whether something is there."""
        return self._files(path).util().exists(path)

    def make_folder(self, path):
        """Makes a folder and those above it, if they are not there."""
        self._files(path).mkdir(path, None, True)

    def move(self, source, target):
        """Renames a file, and replaces what is there."""
        self.make_folder(target.getParent())
        rename = getattr(self._package.fs, "Options$Rename")
        options = self._gateway.new_array(rename, 1)
        options[0] = rename.OVERWRITE
        self._files(target).rename(source, target, options)

    def remove(self, path):
        """Removes a file or a folder with all that is in it, if it is there."""
        if self.exists(path):
            self._files(path).delete(path, True)

    def write(self, path, text):
        """Writes a file, in folders that are made if they are not there."""
        stream = self._files(path).create(path).overwrite(True).recursive().build()
        try:
            stream.write(bytearray(text, "utf-8"))
        finally:
            stream.close()

    def configuration(self):
        """What the file systems are configured with, for another program of Hadoop."""
        writer = self._gateway.jvm.java.io.StringWriter()
        self._conf.writeXml(writer)
        return writer.toString()


class Store:
    """The folder of the tables. Only the driver puts parts in their places."""

    def __init__(self, hadoop, out, run):
        self._hadoop, self._out, self._run = hadoop, out.rstrip("/"), run

    @property
    def staging(self):
        """Where the tasks of this run put what they have made. Databases leave out names that begin with a dot."""
        return f"{self._out}/.staging/{self._run}"

    def open(self):
        """Makes the folder for what the tasks make."""
        self._hadoop.make_folder(self._hadoop.path(self.staging))

    def path(self, inside):
        """A path in the folder."""
        return self._hadoop.path(f"{self._out}/{inside}")

    def entries(self, context):
        """The manifest: the entry of each ring by its name."""
        folder = self.path("manifest")
        if not self._hadoop.exists(folder) or not self._hadoop.children(folder):
            return {}
        read = context.wholeTextFiles(folder.toString()).values().map(json.loads).collect()
        return {entry["ring"]: entry for entry in read}

    def keep(self, staged, entry, before):
        """Puts the parts of a ring in their places, and its entry in the manifest.

        The entry first names all parts that may be there. Wherever this is broken off, the next run replaces them.
        """
        parts = {part["path"] for part in entry["parts"]}
        left = [part for part in (before or {}).get("parts", []) if part["path"] not in parts]
        self._write({**entry, "progress": "placing", "parts": entry["parts"] + left})
        for part in left:
            self._hadoop.remove(self.path(part["path"]))
        for part in sorted(parts):
            self._hadoop.move(self._hadoop.path(f"{staged}/{part}"), self.path(part))
        self._write(entry)

    def close(self):
        """Removes what no finished task reported."""
        self._hadoop.remove(self._hadoop.path(self.staging))
        above = self.path(".staging")
        if self._hadoop.exists(above) and not self._hadoop.children(above):
            self._hadoop.remove(above)

    def _write(self, entry):
        name = f"{entry['ring']}.json"
        written = self._hadoop.path(f"{self.staging}/{name}")
        self._hadoop.write(written, json.dumps(entry, separators=(",", ":"), ensure_ascii=False) + "\n")
        self._hadoop.move(written, self.path(f"manifest/{name}"))
