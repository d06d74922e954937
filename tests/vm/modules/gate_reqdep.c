// SPDX-License-Identifier: GPL-2.0
// Needs gate_ok, and then its own init fails: who loaded gate_ok for it must take it back.
#include <linux/module.h>

int gate_ok_count(void);

static int __init gate_reqdep_init(void)
{
	pr_info("gate_reqdep: count=%d, refusing\n", gate_ok_count());
	return -EIO;
}

module_init(gate_reqdep_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("needs gate_ok; its init fails with EIO");
