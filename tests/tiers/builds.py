"""The ways in which the project is built for its tests."""

from pathlib import Path

from steps import BUILD, PROJECT, step

INSTALLED = BUILD / "root"


def build(name: str, *options: str) -> bool:
    folder = BUILD / name
    return (step(f"configuring the {name} build", f"{name}-configure",
                 ["cmake", "-G", "Ninja", "-S", PROJECT, "-B", folder, *options])
            and step(f"building the {name} build", f"{name}-build", ["cmake", "--build", folder]))


def sanitizer_build() -> Path | None:
    done = build("sanitize", "-DCMAKE_BUILD_TYPE=Debug", "-DMODGATE_SANITIZE=ON", "-DBUILD_TESTING=ON")
    return BUILD / "sanitize" if done else None


def plain_build() -> Path | None:
    done = build("plain", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DBUILD_TESTING=ON")
    return BUILD / "plain" if done else None


def fuzz_build() -> Path | None:
    done = build("fuzz", "-DCMAKE_CXX_COMPILER=clang++", "-DMODGATE_FUZZ=ON", "-DBUILD_TESTING=OFF")
    return BUILD / "fuzz" if done else None


def installed_release() -> Path | None:
    """The tree that `make install` of a distribution's package would make."""
    done = build("release", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DBUILD_TESTING=OFF",
                 "-DCMAKE_INSTALL_PREFIX=/usr", "-DCMAKE_INSTALL_SYSCONFDIR=/etc",
                 "-DCMAKE_INSTALL_LOCALSTATEDIR=/var")
    done = (done and step("clearing the last installation", "clear", ["rm", "-rf", INSTALLED])
            and step("installing", "install", ["cmake", "--install", BUILD / "release", "--strip"],
                     DESTDIR=str(INSTALLED)))
    return INSTALLED if done else None
