"""The ways in which the project is built for its tests: on this computer, or in another release's workshop."""

import sys
from pathlib import Path

from steps import BUILD, PROJECT, say, step

sys.path.append(str(PROJECT / "tests/vm"))
from workshop import Workshop, own_suite, workshop  # noqa: E402


def together(sources: int) -> list[str]:
    """So many sources of a room are compiled as one."""
    return ["-DCMAKE_UNITY_BUILD=ON", f"-DCMAKE_UNITY_BUILD_BATCH_SIZE={sources}"]


# It takes a third of the time. The plain build shows that each compiles alone.
TOGETHER = together(12)


def place(suite: str) -> Path:
    """Where what is built for this release is."""
    return BUILD if suite == own_suite() else BUILD / suite


def log_of(folder: Path) -> str:
    return "-".join(folder.relative_to(BUILD).parts)


def configured(shop: Workshop, name: str, *options: str) -> Path | None:
    folder = place(shop.suite) / name
    folder.mkdir(parents=True, exist_ok=True)
    done = step(f"configuring the {log_of(folder)} build", f"{log_of(folder)}-configure",
                shop.command(["cmake", "-G", "Ninja", "-S", PROJECT, "-B", folder, *options], folder))
    return folder if done else None


def build(shop: Workshop, name: str, *options: str) -> Path | None:
    folder = configured(shop, name, *options)
    done = folder and step(f"building the {log_of(folder)} build", f"{log_of(folder)}-build",
                           shop.command(["cmake", "--build", folder], folder))
    return folder if done else None


def sanitizer_build() -> Path | None:
    return build(own(), "sanitize", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-g1",
                 "-DMODGATE_SANITIZE=ON", "-DBUILD_TESTING=ON", *TOGETHER)


def plain_build(shop: Workshop | None = None) -> Path | None:
    return build(shop or own(), "plain", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DBUILD_TESTING=ON")


def fuzz_build() -> Path | None:
    return build(own(), "fuzz", "-DCMAKE_CXX_COMPILER=clang++", "-DMODGATE_FUZZ=ON", "-DBUILD_TESTING=OFF",
                 *TOGETHER)


def installed_release(shop: Workshop | None = None) -> Path | None:
    """The tree that `make install` of a distribution's package would make."""
    shop = shop or own()
    # stripped at once: debug information would take a third of the compilers' time
    folder = build(shop, "release", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG",
                   "-DBUILD_TESTING=OFF", *TOGETHER,
                   "-DCMAKE_INSTALL_PREFIX=/usr", "-DCMAKE_INSTALL_SYSCONFDIR=/etc",
                   "-DCMAKE_INSTALL_LOCALSTATEDIR=/var")
    root = place(shop.suite) / "root"
    done = (folder and step("clearing the last installation", "clear", ["rm", "-rf", root])
            and step("installing", "install",
                     shop.command(["cmake", "--install", folder, "--strip"], place(shop.suite)), DESTDIR=str(root)))
    return root if done else None


def helper_with_faults(shop: Workshop) -> Path | None:
    """A tree with the helper whose inspector can be made to fail; made from the same build, beside what is installed."""
    release, tree = place(shop.suite) / "release", place(shop.suite) / "faults"
    done = (step("building the helper with faults", "faults-build",
                 shop.command(["cmake", "--build", release, "--target", "modgated_with_faults"], release))
            and step("putting it beside the product", "faults-install",
                     ["install", "-D", "-s", release / "tests/vm/faults/modgated",
                      tree / "usr/local/lib/modgate-vm/modgated"]))
    return tree if done else None


def own() -> Workshop:
    return workshop(own_suite(), say)


def other(suite: str) -> Workshop:
    return workshop(suite, say)
