/* SPDX-License-Identifier: GPL-2.0 */
/* Kinds of calls; OP() makes of each what is wanted. */
OP(create), OP(create_invalid), OP(fork_into), OP(fork_invalid),
OP(clone3), OP(clone3_invalid), OP(vfork_into),
OP(wait), OP(wait_blocking), OP(wait_invalid),
OP(kill), OP(kill_invalid), OP(socket),
OP(info), OP(info_invalid), OP(get_namespace), OP(set_namespace),
OP(drop_rights), OP(dup_handle), OP(open_id), OP(pid_container),
OP(ioctl_invalid), OP(setns),
OP(poll), OP(epoll), OP(stat), OP(fdinfo), OP(close), OP(dup),
OP(send), OP(receive), OP(wild),
OP(list), OP(proc_container),
OP(fork), OP(thread), OP(exec), OP(unshare), OP(signal), OP(ptrace), OP(reap)
