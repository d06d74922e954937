// SPDX-License-Identifier: GPL-2.0
// Its init asks the kernel for another module, which comes through the kernel's own modprobe.
#include <linux/kmod.h>
#include <linux/module.h>

static char *ask = "dummy";
module_param(ask, charp, 0444);
MODULE_PARM_DESC(ask, "the module to ask for");

static int __init gate_nested_init(void)
{
	pr_info("gate_nested: request_module(%s) = %d\n", ask, request_module("%s", ask));
	return 0;
}

static void __exit gate_nested_exit(void)
{
}

module_init(gate_nested_init);
module_exit(gate_nested_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("its init asks for another module");
