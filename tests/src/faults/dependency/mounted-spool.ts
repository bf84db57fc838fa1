import { execFile } from "node:child_process";
import { mkdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { Stack } from "../../harness/stack.ts";

const run = promisify(execFile);

export type SpoolDisk =
  /** A file system in memory, of so many bytes. */
  | { kind: "memory"; bytes: number }
  /** A journaling file system of its own, which forgets what has not been written through when its power fails. */
  | { kind: "journaled"; megabytes: number };

/** A disk of its own below the gateway's spool. */
export type MountedSpool = AsyncDisposable & {
  folder: string;
  /** The power fails: what was not written through is gone. The disk cannot be used until `replug`. */
  cutPower(): Promise<void>;
  /** Mounts it again, as the next start of the machine does. */
  replug(): Promise<void>;
};

/** Mounts a disk as the spool of a gateway that does not run. */
export async function mountSpool(stack: Stack, disk: SpoolDisk): Promise<MountedSpool> {
  const folder = path.join(stack.dataDir, "spool");
  const image = path.join(stack.dataDir, "spool.image");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const mount = async (): Promise<void> => {
    if (disk.kind === "memory") {
      await run("mount", ["-t", "tmpfs", "-o", `size=${disk.bytes},mode=700`, "tmpfs", folder]);
    } else {
      await run("mount", ["-o", "loop", image, folder]);
    }
  };
  if (disk.kind === "journaled") {
    await run("truncate", ["-s", `${disk.megabytes}M`, image]);
    await run("mkfs.ext4", ["-q", "-F", image]);
  }
  await mount();
  return {
    folder,
    // EXT4_IOC_SHUTDOWN without flushing the log, which is how file systems are tested for this (ext4(5), xfs_io(8)).
    cutPower: async () => {
      const program =
        'open(my $disk, "<", $ARGV[0]) or die; my $how = pack("L", 2); ioctl($disk, 0x8004587d, $how) or die "$!"';
      ('open(my $disk, "<", $ARGV[0]) or die; ioctl($disk, 0x8004587d, pack("L", 2)) or die "$!"');
      await run("perl", ["-e", program, folder]);
    },
    replug: async () => {
      await run("umount", [folder]);
      await mount();
    },
    async [Symbol.asyncDispose]() {
      // Lazily, because after a failure the gateway may still run.
      await run("umount", ["--lazy", folder]);
      await rm(image, { force: true });
    },
  };
}

/** Why no disk can be mounted here, said once and loudly; null when one can. */
export async function whyNoMount(): Promise<string | null> {
  const probe = path.join("/tmp", `perpetuo-mount-probe-${process.pid}`);
  await mkdir(probe, { recursive: true });
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", probe]);
    await run("umount", [probe]);
    await Promise.all(["/dev/loop-control", "/sbin/mkfs.ext4", "/usr/bin/perl"].map((file) => stat(file)));
    return null;
  } catch (error) {
    return `NO MOUNT: full disks and power cuts were not tried: ${String(error).split("\n").slice(0, 2).join(" ")}`;
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}
