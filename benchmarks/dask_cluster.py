"""A Dask cluster of this machine for tests and benchmarks; whoever starts it stops it."""

from __future__ import annotations

import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path


class LocalCluster:
    """A scheduler and two workers of one machine, over mutual TLS.

    Parameters
    ----------
    tls
        Folder with ``ca.pem``, ``cert.pem`` and ``key.pem``.
    folder
        Where workers may put what they spill.
    """

    def __init__(self, tls: Path, folder: Path) -> None:
        self.tls, self.folder = tls, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tls://127.0.0.1:{free.getsockname()[1]}"
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker(), self.start_worker()]

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        """One more scheduler at the address."""
        port = self.address.rpartition(":")[2]
        return self._start("scheduler", "--host", self.address, "--port", port, "--no-dashboard")

    def start_worker(self) -> subprocess.Popen[bytes]:
        """One more worker."""
        return self._start(
            "worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard",
            "--local-directory", str(self.folder), "--death-timeout", "120",
        )  # fmt: skip

    def wait(self) -> None:
        """Until both workers are there."""
        from distributed import Client
        from distributed.security import Security

        security = Security(  # type: ignore[no-untyped-call]
            require_encryption=True,
            tls_ca_file=str(self.tls / "ca.pem"),
            tls_client_cert=str(self.tls / "cert.pem"),
            tls_client_key=str(self.tls / "key.pem"),
        )
        with Client(  # type: ignore[no-untyped-call]
            self.address, security=security, set_as_default=False
        ) as client:
            client.wait_for_workers(len(self.workers), timeout=60)

    def stop(self) -> None:
        """End all of them."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def _start(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                sys.executable, "-m", "distributed.cli.dask_" + what, *words,
                "--tls-ca-file", str(self.tls / "ca.pem"),
                "--tls-cert", str(self.tls / "cert.pem"),
                "--tls-key", str(self.tls / "key.pem"),
                "--protocol", "tls",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip


def certificates(folder: Path) -> None:
    """One self-made authority for both sides, good for today."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "night")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "ca.pem").write_bytes(pem)
    (folder / "cert.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
