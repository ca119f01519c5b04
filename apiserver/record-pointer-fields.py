#!/usr/bin/env python3
"""Lists, by type, the scalar fields that the Go types of Kubernetes hold as pointers.

Only a pointer can tell "0" from "absent"; neither OpenAPI nor the protobuf descriptors say which fields are pointers.
Usage: record-pointer-fields.py API_SOURCES APIMACHINERY_SOURCES APIEXTENSIONS_APIS SCHEMAS_JSON_GZ
"""
import gzip
import json
import pathlib
import re
import sys

STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r'^\s*(?:(\w+)\s+)?(\*?)([\w.\[\]]+)\s+`json:"([^",]*)([^"]*)"', re.MULTILINE)


def structs(root, prefix, base):
    for file in sorted(pathlib.Path(root).glob("**/types*.go")):
        package = prefix + ".".join(file.parent.relative_to(base).parts)
        for name, body in STRUCT.findall(file.read_text()):
            yield f"{package}.{name}", FIELD.findall(body)


def main():
    api, machinery, extensions, schemas = sys.argv[1:]
    types = dict(structs(api, "io.k8s.api.", api))
    types.update(structs(machinery + "/pkg", "io.k8s.apimachinery.pkg.", machinery + "/pkg"))
    types.update(structs(extensions, "io.k8s.apiextensions-apiserver.pkg.apis.", extensions))
    with gzip.open(schemas) as stream:
        definitions = json.load(stream)

    def pointers(name):
        package = name.rsplit(".", 1)[0]
        for _, star, kind, json_name, options in types.get(name, []):
            if "inline" in options:
                yield from pointers(f"{package}.{kind}" if "." not in kind else kind)
            elif star:
                yield json_name

    result = {}
    for name, definition in definitions.items():
        scalars = {
            field
            for field, schema in definition.get("properties", {}).items()
            if schema.get("type") in ("string", "integer", "number", "boolean")
        }
        found = sorted(scalars.intersection(pointers(name)))
        if found:
            result[name] = found
    json.dump(result, sys.stdout)


main()
