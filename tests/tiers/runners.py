"""The runners: each runs one kind of tests and says how many passed."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import analysis
import builds
import module_digests
from count import DID_NOT_RUN, Count, of_ctest, of_vm
from powercut import powercut as cut_power
from steps import BUILD, LOGS, PROJECT, say, step
from workshop import Workshop

AT_ONCE = 2
NEXT_RELEASE = "trixie"
# what differs most from the release before: compressed modules, another libkmod, another key of the kernel, another PAM
SMOKE = ["main_job.test_load_with_the_right_password", "main_job.test_dependencies_come_along",
         "handed_over.test_the_digest_that_a_rule_names", "signatures.test_modules_of_the_distribution",
         "compartments.test_every_process_is_what"]


def unit(options) -> Count:
    """Unit and component tests, with sanitizers."""
    return of_folder(builds.own(), builds.sanitizer_build())


def plain(options) -> Count:
    """The same as they are shipped, without sanitizers: those under a system call filter too."""
    return of_folder(builds.own(), builds.plain_build())


def signatures(options) -> Count:
    """Every module of the machine's kernel against the keys that are built into that kernel."""
    return signatures_of(builds.own())


def signatures_of(shop: Workshop) -> Count:
    folder = builds.plain_build(shop)
    modules = real_modules(shop).get("MODGATE_TEST_MODULES")
    log = f"signatures-{shop.suite}"
    built = folder and step("building the search for the kernel's keys", f"{log}-build", shop.command(
        ["cmake", "--build", folder, "--target", "long_kernel_signatures"], folder))
    if not built or not modules:
        return DID_NOT_RUN
    image = Path(modules).resolve().parent.parent / "vmlinuz"
    done = step(f"verifying every module of {shop.suite}'s kernel", log, shop.command(
        [folder / "tests/long_kernel_signatures", image, modules], folder, *tree_folders(modules)))
    print((LOGS / f"{log}.log").read_text(errors="replace"), flush=True)
    return Count(passed=1) if done else Count(failed=1)


def browser(options) -> Count:
    """A report opened and used in a browser; its screenshots stay in the build folder."""
    folder = builds.plain_build()
    if not folder or not step("building what writes a log", "browser-build",
                              ["cmake", "--build", folder, "--target", "review_events"]):
        return DID_NOT_RUN
    status = subprocess.run(["python3", PROJECT / "tests/long/report_browser.py",
                             folder / "gate/cli/admin/modgate-admin", folder / "tests/review_events",
                             BUILD / "browser"], stdin=subprocess.DEVNULL).returncode
    if status == 77:
        return Count(skipped=1)
    return Count(passed=1) if status == 0 else Count(failed=1)


def modules(options) -> Count:
    """Every module of the machine's kernel: its three names agree, and its digest is sha256sum's."""
    return modules_of(builds.own())


def modules_of(shop: Workshop) -> Count:
    folder = builds.plain_build(shop)
    tree = real_modules(shop).get("MODGATE_TEST_MODULES")
    built = folder and step("building the inspector of a whole kernel", "modules-build", shop.command(
        ["cmake", "--build", folder, "--target", "long_kernel_modules"], folder))
    if not built or not tree:
        return DID_NOT_RUN
    say(f"inspecting every module of {shop.suite}'s kernel")
    inspector = shop.command([folder / "tests/long_kernel_modules"], folder, *tree_folders(tree))
    right, all_of_them = module_digests.compare(inspector, Path(tree))
    say(f"{right} of {all_of_them} modules: file name, modinfo and this_module agree, the digest is sha256sum's")
    return Count(passed=1) if all_of_them and right == all_of_them else Count(failed=1)


def next_release(options) -> Count:
    """The project built on the Debian release after this one, and all that is tested in a machine of it."""
    shop = builds.other(NEXT_RELEASE)
    return of_folder(shop, builds.plain_build(shop)) + signatures_of(shop) + modules_of(shop) + vm_of(shop, [])


def smoke(options) -> Count:
    """The project built on the Debian release after this one, and its main job in a machine of it."""
    return vm_of(builds.other(NEXT_RELEASE), SMOKE)


def of_folder(shop: Workshop, folder: Path | None) -> Count:
    """All tests of a build, run by ctest."""
    if not folder:
        return DID_NOT_RUN
    environment = real_modules(shop)
    folders = [folder, *tree_folders(environment.get("MODGATE_TEST_MODULES"))]
    listing = subprocess.run(shop.command(["ctest", "--test-dir", folder, "-N"], *folders),
                             capture_output=True, text=True).stdout
    expected = re.search(r"Total Tests: (\d+)", listing)
    report = folder / "junit.xml"
    report.unlink(missing_ok=True)
    say("running unit and component tests")
    command = ["ctest", "--test-dir", str(folder), f"-j{AT_ONCE}", "--output-junit", str(report), "--timeout", "300",
               "--output-on-failure"]
    shown = subprocess.Popen(shop.command(command, *folders), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace", env={**os.environ, **environment})
    with open(LOGS / "ctest.log", "w") as log:
        for line in shown.stdout:
            log.write(line)
            if not re.search(r"^ +Start +\d+: |^ *\d+/\d+ Test .* Passed ", line):
                print(line, end="", flush=True)
    shown.wait()
    return of_ctest(report, int(expected[1]) if expected else 0)


def real_modules(shop: Workshop) -> dict:
    """The module tree of the throwaway machine's kernel, for tests that compare all of it."""
    made = subprocess.run([PROJECT / "tests/vm/vm", "image", "--suite", shop.suite], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True)
    folder = Path(made.stdout.splitlines()[-1]) if made.returncode == 0 else None
    if not folder:
        say("there is no image of the throwaway machine: what needs its modules is skipped")
        return {}
    root = builds.place(shop.suite) / "tree" / "lib"
    root.mkdir(parents=True, exist_ok=True)
    link = root / "modules"
    link.unlink(missing_ok=True)
    link.symlink_to(folder / "modules")
    return {"MODGATE_TEST_MODULES": str(next(link.iterdir()))}


def tree_folders(modules: str | None) -> list[Path]:
    """What a workshop has to see of this computer, so that the tests find that tree."""
    return [Path(modules).parents[2], Path(modules).resolve().parents[1]] if modules else []


def static(options) -> Count:
    """What cppcheck and clang-tidy say of the sources."""
    return analysis.cppcheck() + analysis.clang_tidy()


def static_whole(options) -> Count:
    """The same with the checks that take their time."""
    return analysis.cppcheck() + analysis.clang_tidy(analysis.ALL_OF_IT)


def fuzz(options) -> Count:
    """Every fuzzer for some seconds, from its seeds."""
    folder = builds.fuzz_build()
    if not folder:
        return DID_NOT_RUN
    targets = sorted(PROJECT.glob("tests/fuzz/*.cpp"))
    if not targets:
        say("there are no fuzzers")
        return DID_NOT_RUN
    say(f"running {len(targets)} fuzzers, {options.seconds} s each")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(lambda target: fuzz_one(folder, target.stem, options.seconds), targets), Count())


def fuzz_one(folder: Path, name: str, seconds: int) -> Count:
    corpus = folder / "corpus" / name
    artifacts = folder / "artifacts"
    corpus.mkdir(parents=True, exist_ok=True)
    artifacts.mkdir(exist_ok=True)
    seeds = PROJECT / "tests/fuzz/seeds" / name
    command = [folder / "tests" / f"fuzz_{name}", f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
               "-verbosity=1", "-print_final_stats=1", f"-artifact_prefix={artifacts / name}-", corpus]
    command += [seeds] if seeds.is_dir() else []
    words = PROJECT / "tests/fuzz/dictionaries" / f"{name}.dict"
    command += [f"-dict={words}"] if words.is_file() else []
    log = LOGS / f"fuzz-{name}.log"
    try:
        with open(log, "wb") as output:
            status = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output,
                                    stderr=subprocess.STDOUT, timeout=seconds + 120).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"FAIL fuzz {name}: {error}")
        return Count(failed=1)
    text = log.read_text(errors="replace")
    runs = re.search(r"stat::number_of_executed_units: +(\d+)", text)
    if status == 0 and runs:
        say(f"PASS fuzz {name}: {runs[1]} runs")
        return Count(passed=1)
    say(f"FAIL fuzz {name}: status {status}; the end of {log}:")
    print("\n".join("    " + line for line in text.splitlines()[-40:]), flush=True)
    return Count(failed=1)


def vm(options) -> Count:
    """The installed project inside the throwaway machine."""
    return vm_of(builds.own(), options.cases)


def vm_of(shop: Workshop, cases: list) -> Count:
    installed = builds.installed_release(shop)
    faults = installed and builds.helper_with_faults(shop)
    if not faults:
        return DID_NOT_RUN
    hardened = step("looking at how the programs are hardened", f"hardening-{shop.suite}",
                    ["python3", PROJECT / "tests/install/hardening.py", builds.place(shop.suite) / "release", installed])
    count = Count(passed=1) if hardened else Count(failed=1)
    say(f"testing in the throwaway machine ({shop.suite})")
    process = subprocess.Popen([PROJECT / "tests/vm/vm", "test", "--suite", shop.suite, "--install", installed,
                                "--install", faults, "--build", builds.place(shop.suite) / "vm", *cases],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
    output = ""
    for line in process.stdout:
        output += line
        print(line, end="", flush=True)
    return count + of_vm(output, process.wait())


def crashes(options) -> Count:
    """kill -9 of every process at every step, many times."""
    say(f"killing every process at every step, {options.rounds} rounds")
    return of_script("crash", "crashes_guest.py", options.rounds)


def floods(options) -> Count:
    """Thousands of connections, denials and wrong passwords at once."""
    say("asking the helper for more than it can take")
    return of_script("flood", "floods_guest.py")


def of_script(what: str, script: str, *words) -> Count:
    """One of the scripts in tests/long, inside the throwaway machine: its lines that say PASS or FAIL and then what."""
    installed = builds.installed_release()
    if not installed:
        return DID_NOT_RUN
    command = [PROJECT / "tests/vm/vm", "run", "--install", installed, "--build", BUILD / "vm", "--deadline", "36000",
               PROJECT / "tests/long" / script, *words]
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               text=True, errors="replace")
    count = Count()
    for line in process.stdout:
        print(line, end="", flush=True)
        count += Count(passed=line.startswith(f"PASS {what}"), failed=line.startswith(f"FAIL {what}"))
    return count if process.wait() == 0 and count.passed else count + DID_NOT_RUN


def powercut(options) -> Count:
    """The power cut in the middle of loads: nothing acknowledged is lost."""
    return cut_power(builds.installed_release(), options.rounds)


def each(runners: dict, chosen: list, options) -> Count:
    """Runs them one after the other."""
    LOGS.mkdir(parents=True, exist_ok=True)
    total = Count()
    for name in chosen:
        try:
            count = runners[name](options)
        except Exception as error:  # a broken runner is a failure, not the end of the others
            say(f"{name}: {type(error).__name__}: {error}")
            count = DID_NOT_RUN
        say(f"{name}: {count}")
        total += count
    return total


def add_up(total: Count) -> int:
    """The last line counts all that ran. The exit status."""
    print(total, flush=True)
    return 1 if total.failed or not total.passed else 0
