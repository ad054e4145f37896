/* What there is, for the host to read: kernels, their fields, statuses, counters. See wasm.h. */
#include "host/kernel_table.h"
#include "host/wasm.h"

/* The text's address. */
static uint32_t text(const char *s) { return (uint32_t)(uintptr_t)s; }

static const char *const status_names[] = {
#define NAME(code, name, sentence) [code] = #name,
    FILCH_STATUSES(NAME)
#undef NAME
};
static const char *const status_texts[] = {
#define TEXT(code, name, sentence) [code] = sentence,
    FILCH_STATUSES(TEXT)
#undef TEXT
};
static const char *const counter_names[] = {
#define NAME(name) #name,
    COUNTERS(NAME)
#undef NAME
};
#define TEXT_AT(table, i) ((i) < sizeof table / sizeof *table ? text(table[i]) : 0)

filch_address filch_host_status_name(uint32_t status) { return TEXT_AT(status_names, status); }
filch_address filch_host_status_text(uint32_t status) { return TEXT_AT(status_texts, status); }
filch_address filch_host_counter_name(uint32_t counter) { return TEXT_AT(counter_names, counter); }

uint32_t filch_host_kernel_count(void) { return kernel_table_built_in(); }

filch_address filch_host_kernel_name(uint32_t k)
{
    return kernel_table_find(k) ? text(kernel_table_find(k)->name) : 0;
}

uint32_t filch_host_kernel_kind(uint32_t k)
{
    return kernel_table_find(k) ? kernel_table_find(k)->kind : 0;
}

uint32_t filch_host_args_size(uint32_t k)
{
    return kernel_table_find(k) ? (kernel_table_find(k)->args_bytes + 7u) / 8 * 8 : 0;
}

uint32_t filch_host_field_count(uint32_t k)
{
    return kernel_table_find(k) ? kernel_table_find(k)->field_count : 0;
}

static const filch_field *field_of(uint32_t k, uint32_t f)
{
    const filch_kernel *kernel = kernel_table_find(k);
    return kernel && f < kernel->field_count ? &kernel->fields[f] : 0;
}

filch_address filch_host_field_name(uint32_t k, uint32_t f)
{
    return field_of(k, f) ? text(field_of(k, f)->name) : 0;
}
uint32_t filch_host_field_role(uint32_t k, uint32_t f)
{
    return field_of(k, f) ? field_of(k, f)->role : 0;
}
uint32_t filch_host_field_type(uint32_t k, uint32_t f)
{
    return field_of(k, f) ? field_of(k, f)->type : 0;
}
uint32_t filch_host_field_offset(uint32_t k, uint32_t f)
{
    return field_of(k, f) ? field_of(k, f)->offset : 0;
}

uint32_t filch_host_total_bytes(uint32_t k)
{
    return kernel_table_find(k) ? kernel_table_find(k)->total_bytes : 0;
}
uint32_t filch_host_total_count(uint32_t k)
{
    return kernel_table_find(k) ? kernel_table_find(k)->total_count : 0;
}

static const filch_total *total_of(uint32_t k, uint32_t f)
{
    const filch_kernel *kernel = kernel_table_find(k);
    return kernel && f < kernel->total_count ? &kernel->totals[f] : 0;
}

filch_address filch_host_total_name(uint32_t k, uint32_t f)
{
    return total_of(k, f) ? text(total_of(k, f)->name) : 0;
}
uint32_t filch_host_total_type(uint32_t k, uint32_t f)
{
    return total_of(k, f) ? total_of(k, f)->type : 0;
}
uint32_t filch_host_total_offset(uint32_t k, uint32_t f)
{
    return total_of(k, f) ? total_of(k, f)->offset : 0;
}
uint32_t filch_host_total_length(uint32_t k, uint32_t f)
{
    return total_of(k, f) ? total_of(k, f)->length : 0;
}
