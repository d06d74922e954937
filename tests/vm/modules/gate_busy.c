// SPDX-License-Identifier: GPL-2.0
// In use for as long as /sys/module/gate_busy/parameters/hold says Y.
#include <linux/module.h>

static bool hold;

static int set_hold(const char *value, const struct kernel_param *parameter)
{
	bool before = hold;
	int error = param_set_bool(value, parameter);

	if (error)
		return error;
	// a parameter given at load time is set before init, with the module's own reference held
	if (hold && !before)
		__module_get(THIS_MODULE);
	else if (!hold && before)
		module_put(THIS_MODULE);
	return 0;
}

static const struct kernel_param_ops hold_ops = {
	.set = set_hold,
	.get = param_get_bool,
};
module_param_cb(hold, &hold_ops, &hold, 0644);
__MODULE_PARM_TYPE(hold, "bool");
MODULE_PARM_DESC(hold, "in use while true");

static int __init gate_busy_init(void)
{
	return 0;
}

static void __exit gate_busy_exit(void)
{
}

module_init(gate_busy_init);
module_exit(gate_busy_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("in use while a parameter says so");
