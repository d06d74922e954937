// SPDX-License-Identifier: GPL-2.0
// Stays in its init for a while, where no signal reaches it.
#include <linux/delay.h>
#include <linux/module.h>

static int milliseconds = 3000;
module_param(milliseconds, int, 0444);
MODULE_PARM_DESC(milliseconds, "how long init takes");

static int __init gate_slow_init_init(void)
{
	msleep(milliseconds);
	return 0;
}

static void __exit gate_slow_init_exit(void)
{
}

module_init(gate_slow_init_init);
module_exit(gate_slow_init_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("its init takes its time");
