#include "host/kernel_table.h"

#include "core/plan.h"
#include "host/wasm.h"
#include "kernels.h"
#include "owner/batch.h"

#ifdef FILCH_WITH_TEST_KERNELS
#include "../tests/fixtures/kernels/kernels.h"
#else
#define FILCH_TEST_KERNELS(X)
#endif

#define DECLARE(name) extern const filch_kernel filch_kernel_##name;
FILCH_KERNELS(DECLARE)
FILCH_TEST_KERNELS(DECLARE)

/* A function of a JavaScript module, as a task. The task runs whole. */
static int32_t call_chunk(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)begin, (void)end;
    const filch_call_args *a = args;
    return host_call(a->module, a->block.at, a->block.length);
}

static const filch_field call_fields[] = {
    {.name = "block",
     .role = FILCH_ROLE_array,
     .type = FILCH_TYPE_u8,
     .offset = offsetof(filch_call_args, block)},
    {.name = "module",
     .role = FILCH_ROLE_value,
     .type = FILCH_TYPE_u32,
     .offset = offsetof(filch_call_args, module)},
};
static const filch_kernel filch_kernel_filch_call = {
    .name = "filch_call",
    .chunk = call_chunk,
    .fields = call_fields,
    .field_count = 2,
    .args_bytes = sizeof(filch_call_args),
    .kind = FILCH_SEQUENTIAL,
};

/* The runtime's own come last; the host does not show them to callers. */
#define OWN_KERNELS(X) X(filch_batch) X(filch_batch_in_order) X(filch_call)

#define ADDRESS(name) &filch_kernel_##name,
static const filch_kernel *const built_in[] = {FILCH_KERNELS(ADDRESS) FILCH_TEST_KERNELS(ADDRESS)
                                                   OWN_KERNELS(ADDRESS)};
#define BUILT_IN (sizeof built_in / sizeof *built_in)
_Static_assert(BUILT_IN <= KERNELS_MAX, "more kernels than KERNELS_MAX");

#define NAME_BYTES 256 /* bytes of a kernel's or a field's name, with its NUL */
static const uint8_t type_bytes[] = {
#define BYTES(name, ctype) sizeof(ctype),
    FILCH_TYPES(BYTES)
#undef BYTES
};

const filch_kernel *kernel_table[KERNELS_MAX];

uint32_t kernel_table_built_in(void) { return BUILT_IN; }

void kernel_table_init(void)
{
    for (uint32_t k = 0; k < BUILT_IN; k++) kernel_table[k] = built_in[k];
}

__attribute__((noinline)) const filch_kernel *kernel_table_find(uint32_t kernel)
{
    if (kernel < BUILT_IN) return built_in[kernel];
    return kernel < KERNELS_MAX ? kernel_table[kernel] : 0;
}

/* -- kernels that come later: the bytes of a plug-in say where they are -- */
/* So many bytes from the address on are memory. */
static bool is_memory(const void *at, uint64_t bytes)
{
    uint64_t end = (uint64_t)__builtin_wasm_memory_size(0) << 16;
    return at && (uintptr_t)at + bytes <= end;
}

static bool is_name(const char *name)
{
    for (uint32_t i = 0; i < NAME_BYTES && is_memory(name, i + 1); i++) {
        if (!name[i]) return i > 0;
    }
    return false;
}

static bool is_field(const filch_field *f, uint32_t args_bytes)
{
    bool is_array = f->role == FILCH_ARRAY || f->role == FILCH_OPTION;
    if (!is_name(f->name) || f->role > FILCH_STATE || f->type >= FILCH_TYPE_COUNT) return false;
    uint32_t size = is_array ? sizeof(filch_u8_array) : type_bytes[f->type];
    uint32_t align = is_array ? _Alignof(filch_u8_array) : size;
    return f->offset % align == 0 && f->offset + size <= args_bytes;
}

static bool is_total(const filch_total *t, uint32_t total_bytes)
{
    if (!is_name(t->name) || t->type >= FILCH_TYPE_COUNT) return false;
    uint64_t size = (uint64_t)type_bytes[t->type] * (t->length ? t->length : 1);
    return t->offset % type_bytes[t->type] == 0 && t->offset + size <= total_bytes;
}

/* An offset is 16 bits, and each total of a kernel has one of its own: so many bound the loop. */
enum { TOTALS_MAX = 0x10000 };

static bool is_kernel(const filch_kernel *at)
{
    if ((uintptr_t)at % _Alignof(filch_kernel) || !is_memory(at, sizeof *at)) return false;
    const filch_kernel k = *at;
    if (!is_name(k.name) || k.kind > FILCH_FORKING || k.args_bytes > FILCH_ARGS_BYTES) return false;
    if (k.field_count > FILCH_ARGS_BYTES) return false;
    if (k.total_count > k.total_bytes || k.total_count > TOTALS_MAX) return false;
    if (k.field_count && !is_memory(k.fields, sizeof *k.fields * k.field_count)) return false;
    for (uint32_t f = 0; f < k.field_count; f++) {
        if (!is_field(&k.fields[f], k.args_bytes)) return false;
    }
    if (!k.total_bytes) return true;
    bool is_reduction = k.kind == FILCH_PARALLEL && k.identity && k.combine;
    if (!is_reduction || k.total_bytes % 8) return false;
    if (!is_memory(k.totals, (uint64_t)sizeof *k.totals * k.total_count)) return false;
    for (uint32_t f = 0; f < k.total_count; f++) {
        if (!is_total(&k.totals[f], k.total_bytes)) return false;
    }
    return true;
}

int32_t filch_host_define(uint32_t kernel)
{
    if (!is_kernel((const filch_kernel *)(uintptr_t)kernel)) return -2;
    uint32_t k = BUILT_IN;
    while (k < KERNELS_MAX && kernel_table[k]) k++;
    if (k == KERNELS_MAX) return -1;
    /* No worker runs it yet. */
    filch_runtime *rt = plan_runtime(0);
    for (uint32_t w = 0; w < plan_worker_count(rt); w++) plan_workers(rt)[w].loop.chunk[k] = 1;
    kernel_table[k] = (const filch_kernel *)(uintptr_t)kernel;
    return (int32_t)k;
}

void filch_host_undefine(uint32_t kernel)
{
    if (kernel >= BUILT_IN && kernel < KERNELS_MAX) kernel_table[kernel] = 0;
}

uint32_t filch_host_kernel_bytes(uint32_t fields)
{
    return sizeof(filch_kernel) + fields * sizeof(filch_field);
}

void filch_host_build_kernel(uint32_t at, uint32_t name, uint32_t kind, uint32_t chunk,
                             uint32_t fields)
{
    filch_kernel kernel = {
        .name = (const char *)(uintptr_t)name,
        .chunk = (filch_chunk *)(uintptr_t)chunk,
        .fields = (const filch_field *)(uintptr_t)(at + sizeof kernel),
        .field_count = (uint16_t)fields,
        .kind = (uint8_t)kind,
    };
    __builtin_memcpy((void *)(uintptr_t)at, &kernel, sizeof kernel);
}

uint32_t filch_host_build_field(uint32_t at, uint32_t field, uint32_t name, uint32_t role,
                                uint32_t type)
{
    filch_kernel *kernel = (filch_kernel *)(uintptr_t)at;
    if (type >= FILCH_TYPE_COUNT) return 0;
    bool array = role == FILCH_ARRAY || role == FILCH_OPTION;
    uint32_t size = array ? sizeof(filch_u8_array) : type_bytes[type];
    uint32_t align = array ? _Alignof(filch_u8_array) : size;
    uint32_t offset = (kernel->args_bytes + align - 1) / align * align;
    if (offset + size > FILCH_ARGS_BYTES) return 0;
    ((filch_field *)(uintptr_t)kernel->fields)[field] = (filch_field){
        .name = (const char *)(uintptr_t)name,
        .role = (uint8_t)role,
        .type = (uint8_t)type,
        .offset = (uint16_t)offset,
    };
    kernel->args_bytes = (uint16_t)(offset + size);
    return 1;
}
