/* Each kernel of tasks/ against its reference: the same bits for any chunks of the loop, the codes
 * that the kernel promises for bad arguments, and (built with -fsanitize=address,undefined) no
 * access out of bounds. Also the kernels of tests/fixtures/kernels/, on which other tests rely.
 * Prints TAP where CMOCKA_MESSAGE_OUTPUT=TAP. */
#include "kernels_test.h"

uint32_t filch_worker_of(const filch_task *task)
{
    return task->runtime ? task->worker : STUB_WORKER;
}

void schemas_are_sound(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const filch_kernel *kernel;
    } all[] = {
#define NAMED(name_) {.name = #name_, .kernel = &filch_kernel_##name_},
        FILCH_KERNELS(NAMED) FILCH_TEST_KERNELS(NAMED)};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const filch_kernel *kernel = all[i].kernel;
        assert_string_equal(kernel->name, all[i].name);
        assert_true(kernel->args_bytes <= FILCH_ARGS_BYTES);
        size_t used = 0;
        for (int f = 0; f < kernel->field_count; f++) {
            const filch_field *field = &kernel->fields[f];
            const int array = field->role == FILCH_ARRAY || field->role == FILCH_OPTION;
            assert_true(field->type < FILCH_TYPE_COUNT && field->offset >= used);
            used = field->offset + (array ? sizeof(filch_u8_array) : type_bytes[field->type]);
        }
        assert_true(used <= kernel->args_bytes);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test(name),
        KERNEL_TESTS(TEST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
