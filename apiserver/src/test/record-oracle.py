#!/usr/bin/env python3
"""Sends cases.yaml and invalid.yaml to a real, fresh API server and keeps its answers in oracle.json.gz.

Usage: record-oracle.py SERVER_URL TOKEN   (needs PyYAML; the server's certificate is not checked)
"""
import base64
import email.utils
import gzip
import json
import pathlib
import ssl
import sys
import urllib.error
import urllib.request

import yaml

FOLDER = pathlib.Path(__file__).parent / "resources" / "oracle"
JSON = "application/json"


class Server:
    def __init__(self, url, token):
        self.url, self.token = url, token
        self.context = ssl._create_unverified_context()
        self.plurals = {}

    def ask(self, method, path, body=None, accept=JSON, content=JSON):
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", "Bearer " + self.token)
        request.add_header("Accept", accept)
        request.add_header("Content-Type", content)
        data = None if body is None else json.dumps(body).encode()
        try:
            answer = urllib.request.urlopen(request, data, context=self.context)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.read(), answer.headers

    def json(self, *args, **kwargs):
        status, body, headers = self.ask(*args, **kwargs)
        return status, json.loads(body), headers

    def path(self, thing):
        version = thing["apiVersion"]
        root = "/api/" + version if "/" not in version else "/apis/" + version
        if root not in self.plurals:
            _, resources, _ = self.json("GET", root)
            self.plurals[root] = {r["kind"]: r for r in resources["resources"] if "/" not in r["name"]}
        resource = self.plurals[root][thing["kind"]]
        inside = "/namespaces/" + thing["metadata"]["namespace"] if resource["namespaced"] else ""
        return f"{root}{inside}/{resource['name']}"


def documents(name):
    return [d for d in yaml.safe_load_all((FOLDER / name).read_text()) if d]


def main():
    server = Server(*sys.argv[1:])
    valid, invalid = [], []
    for case in documents("cases.yaml"):
        if "patchStatus" in case:
            last = valid[-1]
            patch = {"status": case["patchStatus"]}
            path = last["path"] + "/" + last["input"]["metadata"]["name"] + "/status"
            status, stored, _ = server.json("PATCH", path, patch, content="application/merge-patch+json")
            last["statusPatch"] = case["patchStatus"]
        else:
            path = server.path(case)
            status, stored, _ = server.json("POST", path, case)
            valid.append({"path": path, "input": case, "created": stored})
        if status >= 300:
            sys.exit(f"{case}\nwas refused: {stored}")
    for case in valid:
        one = case["path"] + "/" + case["input"]["metadata"]["name"]
        _, case["stored"], _ = server.json("GET", one)
        _, table, headers = server.json("GET", one, accept="application/json;as=Table;v=v1;g=meta.k8s.io")
        case["row"] = {key: value for key, value in table["rows"][0].items() if key != "object"}
        case["now"] = email.utils.parsedate_to_datetime(headers["Date"]).strftime("%Y-%m-%dT%H:%M:%SZ")
        if not case["path"].startswith("/apis/demo.io"):
            _, raw, _ = server.ask("GET", one, accept="application/vnd.kubernetes.protobuf")
            case["protobuf"] = base64.b64encode(raw).decode()
    for case in documents("invalid.yaml"):
        update = "update" in case
        thing = case.get("update", case)
        path = server.path(thing)
        if update:
            path += "/" + thing["metadata"]["name"]
        status, answer, _ = server.json("PUT" if update else "POST", path, thing)
        if status < 400:
            sys.exit(f"{case}\nwas accepted: {answer}")
        invalid.append({"path": path, "input": thing, "update": update, "code": status, "answer": answer})
    with gzip.GzipFile(FOLDER / "oracle.json.gz", "wb", mtime=0) as out:
        out.write(json.dumps({"valid": valid, "invalid": invalid}, sort_keys=True).encode())
    print(f"{len(valid)} objects, {len(invalid)} refusals")


main()
