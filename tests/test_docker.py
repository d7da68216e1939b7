"""docker/ and the settings for clusters: they parse, a linter has nothing to say, and their versions are those of the locks."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import zip_pipeline

ROOT = Path(__file__).parents[1]
DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
IMAGE = f"zip-pipeline:{zip_pipeline.__version__}"


def pins(lock: str) -> dict[str, str]:
    """The entries of a lock by package: version, marker, hashes."""
    return {
        entry.partition("==")[0]: entry
        for entry in re.split(r"^(?=[a-z])", (ROOT / lock).read_text(), flags=re.M)
        if entry.strip()
    }


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DOCKER / name).read_text()))


def settings() -> dict[str, str]:
    lines = (ROOT / "conf/spark-defaults.conf").read_text().splitlines()
    return dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))


def test_the_linter_has_nothing_to_say() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([linter, DOCKER / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_packages_are_those_of_the_lock() -> None:
    image, all_of_them = pins("docker/requirements.lock"), pins(".setup/requirements.lock")
    assert all(all_of_them[name] == entry for name, entry in image.items())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[<>=]", requirement)[0] for requirement in project["dependencies"]}
    assert wanted <= image.keys()
    assert "pytest" not in image


def test_what_the_image_is_made_of() -> None:
    base, *copies = re.findall(r"^(?:FROM|COPY) (.*)", DOCKERFILE, re.M)
    tag = re.fullmatch(r"python:(3\.\d+)-slim-bookworm@sha256:[0-9a-f]{64} AS base", base)
    assert tag
    assert tag[1] in ("3.11", "3.12", "3.13")
    assert re.findall(r"^USER (.*)", DOCKERFILE, re.M) == ["185"]
    let_in = re.findall(r"^!(.*)", (DOCKER / "Dockerfile.dockerignore").read_text(), re.M)
    taken = {copy.split()[0] for copy in copies if copy.split()[0] != "base" and not copy.startswith("--from")}
    for path in taken:
        assert (ROOT / path).exists()
        assert any(path == name or path.startswith(f"{name}/") for name in let_in), path


def test_delta_is_that_of_the_lock() -> None:
    jars = [line.split()[:3] for line in (ROOT / ".setup/jars.lock").read_text().splitlines() if line[0] != "#"]
    (delta,) = (":".join(jar) for jar in jars if jar[1].startswith("delta-spark"))
    for name in ("conf/spark-defaults.conf", "docs/deploy.md"):
        assert set(re.findall(r"io\.delta:[\w.:-]*\d", (ROOT / name).read_text())) == {delta}, name


def test_compose() -> None:
    (compose,) = documents("compose.yaml")
    services = compose["services"]
    assert set(services) == {"master", "worker-1", "worker-2", "submit"}
    for service in services.values():
        assert (service["image"], service["cap_drop"]) == (IMAGE, ["ALL"])
        assert (DOCKER / service["build"]["context"] / service["build"]["dockerfile"]).samefile(DOCKER / "Dockerfile")
    assert services["worker-1"]["command"][-1] == services["submit"]["entrypoint"][5] == "spark://master:7077"
    assert services["submit"]["entrypoint"][-1] == "/opt/zip-pipeline/jobs/${JOB:-select}.py"


def test_kubernetes() -> None:
    made = {(part["kind"], part["metadata"]["name"]) for part in documents("kubernetes/access.yaml")}
    (pod,) = documents("kubernetes/pod.yaml")
    submit = (DOCKER / "kubernetes/submit.sh").read_text()
    said = dict(re.findall(r"--conf (spark\.kubernetes\.\S+?)=(\S+)", submit))
    assert ("Namespace", said["spark.kubernetes.namespace"]) in made
    assert ("ServiceAccount", said["spark.kubernetes.authenticate.driver.serviceAccountName"]) in made
    for role in ("driver", "executor"):
        assert (ROOT / said[f"spark.kubernetes.{role}.podTemplateFile"]).is_file()
    assert pod["spec"]["securityContext"]["runAsUser"] == 185
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in pod["spec"]["volumes"]]
    assert {("PersistentVolumeClaim", claim) for claim in claims} <= made
    assert IMAGE in submit


@pytest.mark.parametrize("script", ["entrypoint.sh", "kubernetes/submit.sh"])
def test_scripts_parse(script: str) -> None:
    assert subprocess.run(["sh", "-n", DOCKER / script]).returncode == 0


@pytest.mark.parametrize(("job", "script"), [({}, "select.py"), ({"JOB": "law"}, "law.py")])
def test_any_job_is_submitted(tmp_path: Path, job: dict[str, str], script: str) -> None:
    submit = tmp_path / "spark-submit"
    submit.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    submit.chmod(0o755)
    done = subprocess.run(
        ["sh", DOCKER / "kubernetes/submit.sh", "https://h:6443", "image", "--input", "a b"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"} | job,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[-3:] == [f"local:///opt/zip-pipeline/jobs/{script}", "--input", "a b"]
    assert (ROOT / "jobs" / script).is_file()


def test_an_image_without_delta_is_not_made() -> None:
    """Its settings name Delta, and the set-up leaves a mark where it could not get the jars."""
    assert "spark.sql.extensions" in settings()
    assert "test ! -e /opt/venv/.without-delta" in DOCKERFILE
    assert '.without-delta"' in (ROOT / ".setup/spark_environment.py").read_text()


def test_parts_of_spark_are_started_as_spark_wants_them() -> None:
    """The entry point, with a `spark-class` and a `java` that say how they were called."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "JAVA_HOME": "/nowhere",
        "SPARK_HOME": "/opt/spark",
        "SPARK_DRIVER_BIND_ADDRESS": "10.0.0.1",
        "SPARK_DRIVER_URL": "spark://driver",
        "SPARK_EXECUTOR_ID": "7",
        "SPARK_EXECUTOR_CORES": "2",
        "SPARK_EXECUTOR_MEMORY": "4g",
        "SPARK_EXECUTOR_POD_IP": "10.0.0.2",
        "SPARK_EXECUTOR_POD_NAME": "pod",
        "SPARK_APPLICATION_ID": "app",
        "SPARK_RESOURCE_PROFILE_ID": "0",
        "SPARK_JAVA_OPT_0": "-Done=1 2",
        "SPARK_JAVA_OPT_1": "-Dtwo=*",
    }
    script = (DOCKER / "entrypoint.sh").read_text().replace('exec "$@"', "printf '%s\\n' \"$@\"")

    def called(*arguments: str) -> list[str]:
        done = subprocess.run(["sh", "-c", script, "sh", *arguments], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    assert called("worker", "--cores", "2", "spark://m:7077")[-3:] == ["--cores", "2", "spark://m:7077"]
    assert called("master")[:2] == ["spark-class", "org.apache.spark.deploy.master.Master"]
    assert called("spark-submit", "x y") == ["spark-submit", "x y"]
    assert called("driver", "--class", "C")[-4:] == ["--deploy-mode", "client", "--class", "C"]
    executor = called("executor")
    assert executor[:5] == ["/nowhere/bin/java", "-Done=1 2", "-Dtwo=*", "-Xms4g", "-Xmx4g"]
    assert dict(zip(executor[8::2], executor[9::2], strict=True)) == {
        "--driver-url": "spark://driver",
        "--executor-id": "7",
        "--cores": "2",
        "--app-id": "app",
        "--hostname": "10.0.0.2",
        "--resourceProfileId": "0",
        "--podName": "pod",
    }


def test_every_setting_has_a_reason() -> None:
    assert len(settings()) > 5
    blocks = (ROOT / "conf/spark-defaults.conf").read_text().strip().split("\n\n")
    assert all(block.startswith("# ") for block in blocks)
