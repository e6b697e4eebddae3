"""Packages from npm, in a folder of the build tree that is kept between runs.

What      `modules(folder)`: the environment in which node finds the packages below, installed there once.
"""
import json
import os
import subprocess

WANTED = {"nodemailer": "6.9.16", "smtp-server": "3.13.6"}  # the last that run with the node of Debian 12


def modules(folder):
    os.makedirs(folder, exist_ok=True)
    missing = [f"{name}@{version}" for name, version in WANTED.items() if installed(folder, name) != version]
    if missing:
        subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", "--loglevel=error",
                        *(f"{name}@{version}" for name, version in WANTED.items())], check=True, timeout=280)
    return {"NODE_PATH": os.path.join(folder, "node_modules")}


def installed(folder, name):
    try:
        with open(os.path.join(folder, "node_modules", name, "package.json")) as file:
            return json.load(file)["version"]
    except OSError:
        return None
