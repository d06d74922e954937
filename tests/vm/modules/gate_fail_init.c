// SPDX-License-Identifier: GPL-2.0
// Runs its code and then refuses: init returns -EIO.
#include <linux/module.h>

static int __init gate_fail_init_init(void)
{
	pr_info("gate_fail_init: refusing\n");
	return -EIO;
}

module_init(gate_fail_init_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("its init fails with EIO");
