// SPDX-License-Identifier: GPL-2.0
// Built well, then given the version magic of another kernel.
#include <linux/module.h>

static int __init gate_vermagic_init(void)
{
	return 0;
}

static void __exit gate_vermagic_exit(void)
{
}

module_init(gate_vermagic_init);
module_exit(gate_vermagic_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("says that it was built for another kernel");
