"""A real browser on the client: Chromium, without a display and without a network but the lab's."""
import os
import re
import shutil
import subprocess

QUIET = [   # what a browser does by itself, which no test asked for
    "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-default-apps", "--disable-extensions", "--disable-domain-reliability",
    "--disable-client-side-phishing-detection", "--metrics-recording-only", "--mute-audio",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,OptimizationHints,MediaRouter,Translate",
]
CONTAINER = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def dom_of(lab, folder, url, names, timeout=60):
    """The page as it is once everything in it has come and run.  `names`: host -> address; others do not resolve."""
    profile = f"{folder}/{re.sub('[^a-z]', '-', url)}"
    os.mkdir(profile)
    rules = ", ".join([*(f"MAP {name} {address}" for name, address in names.items()), "MAP * ~NOTFOUND"])
    try:
        done = subprocess.run(
            lab.command(lab.client, "chromium", *CONTAINER, *QUIET, f"--user-data-dir={profile}",
                        f"--host-resolver-rules={rules}", "--virtual-time-budget=3000", "--dump-dom", url),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout,
            env={**os.environ, "HOME": profile, "XDG_RUNTIME_DIR": profile, "DBUS_SESSION_BUS_ADDRESS": "disabled:"})
    finally:
        shutil.rmtree(profile, ignore_errors=True)
    assert done.returncode == 0 and done.stdout, f"chromium ended with {done.returncode}:\n{done.stderr[-4000:]}"
    return done.stdout
