const RUNS = 'runs other programs with arguments nobody checked; start that program itself';
const EACH =
  'runs another program for names that nobody checked; list them first (find, grep -rl), then name them in a command of their own';
const SHELL = 'is a shell, which runs whatever its text says; use plain programs, pipes and && in a line';
const CODE = 'runs any code from its arguments or stdin';
const LASTING = 'belongs to a shell and has no lasting effect here; pass cwd and env with the command';
const RIGHTS = 'changes rights or users';
const NETWORK = 'moves data over the network';
const MACHINE = 'changes the machine';
const EDITOR = 'is interactive and can start programs; use the file tools';

/** Programs that no profile allows, with the end of the sentence "… is not allowed because it …". */
export const NEVER: Readonly<Record<string, string>> = {
  ...all(
    'env timeout nice ionice nohup setsid stdbuf time watch chroot unshare nsenter flock script expect ' +
      'command builtin exec strace ltrace gdb lldb perf taskset chrt systemd-run dbus-run-session busybox toybox run-parts ' +
      'entr unbuffer faketime fakeroot proot bwrap firejail ld.so ld-linux-x86-64.so.2 openvt start-stop-daemon',
    RUNS,
  ),
  ...all('xargs parallel', EACH),
  ...all('patch', 'changes the files that a patch names; use the file tools'),
  ...all('zip unzip 7z 7za rar unrar cpio ar', 'packs or unpacks files that nobody checked; use tar'),
  ...all(
    'sh bash dash zsh ksh mksh fish csh tcsh rbash ash pwsh powershell cmd cmd.exe powershell.exe',
    SHELL,
  ),
  ...all('python python3 perl ruby php lua tclsh deno bun osascript gawk mawk nawk bc dc ed ex', CODE),
  ...all(
    'cd pushd popd export unset set source . eval alias unalias trap ulimit umask shopt declare typeset read',
    LASTING,
  ),
  ...all(
    'sudo su doas pkexec runuser setpriv capsh newgrp chmod chown chgrp chattr setfacl setcap passwd useradd',
    RIGHTS,
  ),
  ...all('curl wget nc ncat netcat socat ssh scp sftp rsync ftp telnet', NETWORK),
  ...all(
    'apt apt-get dpkg yum dnf apk brew systemctl service mount umount mkfs dd fdisk shutdown reboot crontab at batch docker podman kubectl insmod modprobe sysctl kill pkill killall',
    MACHINE,
  ),
  ...all('ln link symlink mkfifo mknod', 'creates links or devices, which can lead out of the roots'),
  ...all('install', RUNS),
  ...all('vi vim nvim view nano emacs less more man info pager', EDITOR),
};

function all(names: string, reason: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, reason]));
}
