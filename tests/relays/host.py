"""The host that the relays believe to be on: their programs in /usr, their users in /etc/passwd, a loopback of its own.

All of it is of this process's namespaces only, and goes with them.
"""
import fcntl
import os
import shutil
import socket
import struct
import subprocess

USERS = {"postfix": 901, "Debian-exim": 902, "mailsink": 903}
GROUPS = {**USERS, "postdrop": 904}

ELSEWHERE = "10.9.9.9"  # of this host, but no address by which a client could know that
HOSTS = """
127.0.1.1 mail-2b.lab.test mail-2b
127.0.0.1 relay.lab.test mail_relay.lab.test
"""


def prepare(folder, exim_configuration):
    """`folder` holds the packages. Exim keeps root's rights with that configuration."""
    packages = os.path.join(folder, "packages")
    mount("/usr", os.path.join(packages, "usr"))
    etc = os.path.join(folder, "etc")
    shutil.rmtree(etc, ignore_errors=True)
    shutil.copytree(os.path.join(packages, "etc"), etc, symlinks=True)
    with open(os.path.join(etc, "passwd"), "w") as file, open("/etc/passwd") as own:
        file.write(own.read())
        file.writelines(f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n"
                        for name, number in USERS.items())
    with open(os.path.join(etc, "group"), "w") as file, open("/etc/group") as own:
        file.write(own.read())
        file.writelines(f"{name}:x:{number}:\n" for name, number in GROUPS.items())
    with open(os.path.join(etc, "resolv.conf"), "w") as file:
        file.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")  # where nobody listens: no name is waited for
    with open(os.path.join(etc, "hosts"), "w") as file, open("/etc/hosts") as own:
        file.write(own.read() + HOSTS)
    os.makedirs(os.path.join(etc, "exim4"))
    with open(os.path.join(etc, "exim4/trusted_configs"), "w") as file:
        file.write(exim_configuration + "\n")
    mount("/etc", etc)
    raise_loopback()


def mount(place, over):
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={over}:{place}", place], check=True)


def raise_loopback():
    set_flags, up_and_running = 0x8914, 0x1 | 0x40  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
    set_address = 0x8916  # SIOCSIFADDR
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", up_and_running))
        fcntl.ioctl(any_socket, set_address,
                    struct.pack("16sH2x4s16x", b"lo:1", socket.AF_INET, socket.inet_aton(ELSEWHERE)))
