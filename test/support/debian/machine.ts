import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../until.ts';
import { connect, NPM_CACHE, npmCache, rootEnvironment } from './root.ts';

/**
 * Boots a machine named $3 with systemd as its first process: the root $1, with all that it writes in the folder $2, and
 * this machine's cache $4 of what npm has downloaded.
 */
const BOOT = `
set -e
cd "$2"
mkdir -p changes work root
# Its users must get through its root folder.
chmod 755 changes
mount -t overlay -o "lowerdir=$1,upperdir=changes,workdir=work" overlay root
cd root
mkdir -p "$4" .${NPM_CACHE}
mount --bind "$4" .${NPM_CACHE}
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch dev/$device
  mount --bind /dev/$device dev/$device
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
# The messages of the kernel are this machine's, and whoever reads them takes them away.
mount --bind /dev/null proc/kmsg
ip link set lo up
echo "$3" > etc/hostname
# The modules of the kernel are this machine's, too.
ln -sf /dev/null etc/systemd/system/systemd-modules-load.service
mkdir -p .old
pivot_root . .old
exec /usr/bin/env -i container=tests PATH=/usr/sbin:/usr/bin:/sbin:/bin /bin/sh -c \
  'umount -l /.old && exec /lib/systemd/systemd --system --unit=multi-user.target'
`;

export type Result = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  /** `outside`: the network of this machine, to install packages; `own`: the loopback of its services. */
  readonly network?: 'outside' | 'own';
  /** What it reads on stdin. */
  readonly input?: string;
};

/** A booted root: its own systemd, processes, loopback network and name; files and kernel are shared. */
export class Machine implements AsyncDisposable {
  readonly #unshare: ChildProcess;
  readonly #group: string;
  readonly #environment = rootEnvironment();
  #output = '';

  private constructor(root: string, folder: string, name: string) {
    this.#group = join(cgroupMount(), `cordwood-test-${process.pid}`);
    mkdirSync(this.#group);
    const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    const namespaces = ['--mount', '--pid', '--fork', '--cgroup', '--net', '--ipc', '--uts', '--kill-child'];
    const unshare = ['unshare', ...namespaces, '--propagation', 'private'];
    const boot = ['/bin/sh', '-c', BOOT, 'boot', root, folder, name, npmCache()];
    const args = ['--pdeathsig', 'KILL', '/bin/sh', '-c', enter, this.#group, ...unshare, ...boot];
    this.#unshare = spawn('setpriv', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#unshare.stdout, this.#unshare.stderr]) {
      stream?.on('data', (text) => {
        this.#output += text;
      });
    }
  }

  /**
   * Boots a machine and waits until systemd has started everything.
   * @param root which stays as it is @param folder for what it writes, in `changes/`; boots again from there
   */
  static async boot(root: string, folder: string, name: string): Promise<Machine> {
    const changes = join(folder, 'changes');
    if (!existsSync(join(changes, 'etc'))) connect(changes);
    const machine = new Machine(root, folder, name);
    try {
      await until('the machine to have booted', () => machine.#isRunning(), 240_000);
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
    return machine;
  }

  /** Runs a command of the shell as root, in root's home. */
  async run(command: string, { network = 'own', input = '' }: RunOptions = {}): Promise<Result> {
    const namespaces = ['--mount', '--pid', '--ipc', '--uts', '--cgroup', '--root'];
    if (network === 'own') namespaces.push('--net');
    const args = ['--target', String(this.#first), ...namespaces, '/bin/sh', '-ec', `cd\n${command}`];
    const child = spawn('nsenter', args, { env: this.#environment, stdio: 'pipe' });
    // The command may end before it has read anything.
    child.stdin.on('error', () => {}).end(input);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const [code] = await once(child, 'close');
    return { code: code ?? -1, stdout, stderr };
  }

  /** Starts a program of this machine with its files and processes, but in the network of the booted one. */
  spawnInNetwork(command: readonly string[]): ChildProcess {
    const args = ['--target', String(this.#first), '--net', ...command];
    return spawn('nsenter', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  }

  /** @throws if it has ended */
  async #isRunning(): Promise<boolean> {
    if (this.#unshare.exitCode !== null) throw new Error(`the machine ended:\n${this.#output}`);
    return this.#first !== undefined && (await this.run('systemctl is-system-running')).code === 0;
  }

  /** The process of systemd, as this machine numbers it; undefined before it exists. */
  get #first(): string | undefined {
    const { pid } = this.#unshare;
    try {
      return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0] || undefined;
    } catch {
      return undefined;
    }
  }

  /** Ends every process of it. What it mounted goes away with them. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#unshare.exitCode === null && this.#unshare.signalCode === null) {
      const exited = once(this.#unshare, 'exit');
      this.#unshare.kill('SIGKILL');
      await exited;
    }
    // The kernel refuses until it has taken leave of the last process.
    await until('the control groups to be empty', () => isRemoved(this.#group));
  }
}

function isRemoved(group: string): boolean {
  try {
    removeGroup(group);
    return true;
  } catch {
    return false;
  }
}

function cgroupMount(): string {
  const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1];
  if (mount === undefined) throw new Error('this kernel has no cgroup2 mounted');
  return mount;
}

/** The files of a control group cannot be removed, only the folders, the innermost first. */
function removeGroup(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroup(join(folder, entry.name));
  rmdirSync(folder);
}
