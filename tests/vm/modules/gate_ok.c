// SPDX-License-Identifier: GPL-2.0
// Loads, takes parameters, and has a symbol that others need.
#include <linux/module.h>

static int count = 1;
module_param(count, int, 0444);
MODULE_PARM_DESC(count, "a number");

static char *label = "none";
module_param(label, charp, 0444);
MODULE_PARM_DESC(label, "a word");

int gate_ok_count(void)
{
	return count;
}
EXPORT_SYMBOL_GPL(gate_ok_count);

static int __init gate_ok_init(void)
{
	pr_info("gate_ok: count=%d label=%s\n", count, label);
	return 0;
}

static void __exit gate_ok_exit(void)
{
}

module_init(gate_ok_init);
module_exit(gate_ok_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("loads and does nothing");
MODULE_ALIAS("gate-ok-alias");
