// SPDX-License-Identifier: GPL-2.0
// Needs gate_ok.
#include <linux/module.h>

int gate_ok_count(void);

static int __init gate_needs_init(void)
{
	pr_info("gate_needs: count=%d\n", gate_ok_count());
	return 0;
}

static void __exit gate_needs_exit(void)
{
}

module_init(gate_needs_init);
module_exit(gate_needs_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("needs gate_ok");
