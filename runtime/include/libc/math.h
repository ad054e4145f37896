/* C's <math.h> for plug-ins built without a C library (make kernel), on `float` and `double`.
 *
 *   - What JavaScript's Math has, the plug-in imports from it.
 *   - The rest is here, exact or correctly rounded.
 *   - There are no tgamma(), lgamma(), erf(), erfc(), no Bessel functions, and no `long double`.
 *
 * A function has no errno and raises no flag. The rounding is to nearest, ties to even. Any
 * thread. */
#ifndef FILCH_MATH_H
#define FILCH_MATH_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

typedef float float_t;
typedef double double_t;

#define HUGE_VAL __builtin_huge_val()
#define HUGE_VALF __builtin_huge_valf()
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#define MATH_ERRNO 1
#define MATH_ERREXCEPT 2
#define math_errhandling 0
#define FP_ILOGB0 INT_MIN
#define FP_ILOGBNAN INT_MIN
#define FP_NAN 0
#define FP_INFINITE 1
#define FP_ZERO 2
#define FP_SUBNORMAL 3
#define FP_NORMAL 4
#define M_E 2.7182818284590452354
#define M_LOG2E 1.4426950408889634074
#define M_LOG10E 0.43429448190325182765
#define M_LN2 0.69314718055994530942
#define M_LN10 2.30258509299404568402
#define M_PI 3.14159265358979323846
#define M_PI_2 1.57079632679489661923
#define M_PI_4 0.78539816339744830962
#define M_1_PI 0.31830988618379067154
#define M_2_PI 0.63661977236758134308
#define M_2_SQRTPI 1.12837916709551257390
#define M_SQRT2 1.41421356237309504880
#define M_SQRT1_2 0.70710678118654752440

#define fpclassify(x) \
    __builtin_fpclassify(FP_NAN, FP_INFINITE, FP_NORMAL, FP_SUBNORMAL, FP_ZERO, x)
#define isfinite(x) __builtin_isfinite(x)
#define isinf(x) __builtin_isinf(x)
#define isnan(x) __builtin_isnan(x)
#define isnormal(x) __builtin_isnormal(x)
#define signbit(x) (__builtin_signbit(x) != 0)
#define isgreater(x, y) __builtin_isgreater(x, y)
#define isgreaterequal(x, y) __builtin_isgreaterequal(x, y)
#define isless(x, y) __builtin_isless(x, y)
#define islessequal(x, y) __builtin_islessequal(x, y)
#define islessgreater(x, y) __builtin_islessgreater(x, y)
#define isunordered(x, y) __builtin_isunordered(x, y)

/* A function of its own in each file; a call of it is a call of nothing outside. */
#define FILCH_MATH(type) static inline __attribute__((unused)) type

/* -- from Math; of floats by way of doubles -- */
#define FILCH_MATH_1(name)                                                     \
    __attribute__((import_module("Math"), import_name(#name))) double          \
    filch_math_##name(double x);                                               \
    FILCH_MATH(double) name(double x) { return filch_math_##name(x); }         \
    FILCH_MATH(float) name##f(float x) { return (float)filch_math_##name(x); }
#define FILCH_MATH_2(name)                                                                 \
    __attribute__((import_module("Math"), import_name(#name))) double                      \
    filch_math_##name(double x, double y);                                                 \
    FILCH_MATH(double) name(double x, double y) { return filch_math_##name(x, y); }        \
    FILCH_MATH(float) name##f(float x, float y) { return (float)filch_math_##name(x, y); }
/* clang-format off */
FILCH_MATH_1(acos) FILCH_MATH_1(acosh) FILCH_MATH_1(asin) FILCH_MATH_1(asinh) FILCH_MATH_1(atan)
FILCH_MATH_1(atanh) FILCH_MATH_1(cbrt) FILCH_MATH_1(cos) FILCH_MATH_1(cosh) FILCH_MATH_1(exp)
FILCH_MATH_1(expm1) FILCH_MATH_1(log) FILCH_MATH_1(log10) FILCH_MATH_1(log1p) FILCH_MATH_1(log2)
FILCH_MATH_1(sin) FILCH_MATH_1(sinh) FILCH_MATH_1(tan) FILCH_MATH_1(tanh)
FILCH_MATH_2(atan2) FILCH_MATH_2(hypot)
    /* clang-format on */

    __attribute__((import_module("Math"), import_name("pow"))) double filch_math_pow(double x,
                                                                                     double y);
/* JavaScript's is NaN where the base is 1 or -1 and the exponent is no finite number. */
FILCH_MATH(double) pow(double x, double y)
{
    if (x == 1 || (x == -1 && isinf(y))) return 1;
    return filch_math_pow(x, y);
}
FILCH_MATH(float) powf(float x, float y) { return (float)pow(x, y); }
FILCH_MATH(double) exp2(double x) { return filch_math_pow(2, x); }
FILCH_MATH(float) exp2f(float x) { return (float)filch_math_pow(2, x); }
FILCH_MATH(double) exp10(double x) { return filch_math_pow(10, x); }
FILCH_MATH(float) exp10f(float x) { return (float)filch_math_pow(10, x); }
FILCH_MATH(void) sincos(double x, double *sine, double *cosine)
{
    *sine = sin(x);
    *cosine = cos(x);
}
FILCH_MATH(void) sincosf(float x, float *sine, float *cosine)
{
    *sine = sinf(x);
    *cosine = cosf(x);
}

/* -- instructions -- */
FILCH_MATH(double) ceil(double x) { return __builtin_ceil(x); }
FILCH_MATH(float) ceilf(float x) { return __builtin_ceilf(x); }
FILCH_MATH(double) copysign(double x, double y) { return __builtin_copysign(x, y); }
FILCH_MATH(float) copysignf(float x, float y) { return __builtin_copysignf(x, y); }
FILCH_MATH(double) fabs(double x) { return __builtin_fabs(x); }
FILCH_MATH(float) fabsf(float x) { return __builtin_fabsf(x); }
FILCH_MATH(double) floor(double x) { return __builtin_floor(x); }
FILCH_MATH(float) floorf(float x) { return __builtin_floorf(x); }
FILCH_MATH(double) nearbyint(double x) { return __builtin_nearbyint(x); }
FILCH_MATH(float) nearbyintf(float x) { return __builtin_nearbyintf(x); }
FILCH_MATH(double) rint(double x) { return __builtin_rint(x); }
FILCH_MATH(float) rintf(float x) { return __builtin_rintf(x); }
FILCH_MATH(double) sqrt(double x) { return __builtin_elementwise_sqrt(x); }
FILCH_MATH(float) sqrtf(float x) { return __builtin_elementwise_sqrt(x); }
FILCH_MATH(double) trunc(double x) { return __builtin_trunc(x); }
FILCH_MATH(float) truncf(float x) { return __builtin_truncf(x); }

/* -- comparisons -- */
FILCH_MATH(double) fmax(double x, double y)
{
    if (isnan(x)) return y;
    if (x == y) return signbit(x) ? y : x;
    return x < y ? y : x;
}
FILCH_MATH(double) fmin(double x, double y)
{
    if (isnan(x)) return y;
    if (x == y) return signbit(x) ? x : y;
    return x > y ? y : x;
}
FILCH_MATH(double) fdim(double x, double y)
{
    if (isnan(x) || isnan(y)) return x + y;
    return x > y ? x - y : 0;
}
FILCH_MATH(float) fmaxf(float x, float y) { return (float)fmax(x, y); }
FILCH_MATH(float) fminf(float x, float y) { return (float)fmin(x, y); }
FILCH_MATH(float) fdimf(float x, float y) { return isnan(x) || isnan(y) || x > y ? x - y : 0; }

/* -- whole numbers -- */
FILCH_MATH(double) round(double x)
{
    double whole = trunc(x);
    return fabs(x - whole) >= 0.5 ? whole + copysign(1, x) : whole;
}
FILCH_MATH(float) roundf(float x) { return (float)round(x); }
FILCH_MATH(double) modf(double x, double *whole)
{
    *whole = trunc(x);
    return copysign(isinf(x) ? 0 : x - *whole, x);
}
FILCH_MATH(float) modff(float x, float *whole)
{
    double part, rest = modf(x, &part);
    *whole = (float)part;
    return (float)rest;
}
FILCH_MATH(long) lrint(double x) { return (long)rint(x); }
FILCH_MATH(long) lrintf(float x) { return (long)rintf(x); }
FILCH_MATH(long) lround(double x) { return (long)round(x); }
FILCH_MATH(long) lroundf(float x) { return (long)round(x); }
FILCH_MATH(long long) llrint(double x) { return (long long)rint(x); }
FILCH_MATH(long long) llrintf(float x) { return (long long)rintf(x); }
FILCH_MATH(long long) llround(double x) { return (long long)round(x); }
FILCH_MATH(long long) llroundf(float x) { return (long long)round(x); }

/* -- exponents -- */
FILCH_MATH(uint64_t) filch_math_bits(double x)
{
    uint64_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    return bits;
}
FILCH_MATH(double) filch_math_from(uint64_t bits)
{
    double x;
    __builtin_memcpy(&x, &bits, sizeof x);
    return x;
}
FILCH_MATH(double) frexp(double x, int *exponent)
{
    int scale = 0;
    *exponent = 0;
    if (x == 0 || !isfinite(x)) return x;
    if (!isnormal(x)) {
        x *= 0x1p64;
        scale = 64;
    }
    uint64_t bits = filch_math_bits(x);
    *exponent = (int)(bits >> 52 & 0x7ff) - 1022 - scale;
    return filch_math_from((bits & ~((uint64_t)0x7ff << 52)) | (uint64_t)1022 << 52);
}
FILCH_MATH(float) frexpf(float x, int *exponent) { return (float)frexp(x, exponent); }
/* In steps of which at most the last one rounds. */
FILCH_MATH(double) scalbn(double x, int n)
{
    for (int step = 0; step < 2 && n > 1023; step++, n -= 1023) x *= 0x1p1023;
    for (int step = 0; step < 2 && n < -1022; step++, n += 969) x *= 0x1p-969;
    n = n > 1023 ? 1023 : n < -1022 ? -1022 : n;
    return x * filch_math_from((uint64_t)(n + 1023) << 52);
}
FILCH_MATH(float) scalbnf(float x, int n) { return (float)scalbn(x, n); }
FILCH_MATH(double) scalbln(double x, long n) { return scalbn(x, (int)n); }
FILCH_MATH(float) scalblnf(float x, long n) { return (float)scalbn(x, (int)n); }
FILCH_MATH(double) ldexp(double x, int n) { return scalbn(x, n); }
FILCH_MATH(float) ldexpf(float x, int n) { return (float)scalbn(x, n); }
FILCH_MATH(int) ilogb(double x)
{
    if (x == 0) return FP_ILOGB0;
    if (isnan(x)) return FP_ILOGBNAN;
    if (isinf(x)) return INT_MAX;
    int exponent;
    frexp(x, &exponent);
    return exponent - 1;
}
FILCH_MATH(int) ilogbf(float x) { return ilogb(x); }
FILCH_MATH(double) logb(double x)
{
    if (!isfinite(x)) return x * x;
    return x == 0 ? -HUGE_VAL : ilogb(x);
}
FILCH_MATH(float) logbf(float x) { return (float)logb(x); }
FILCH_MATH(double) nan(const char *tag) { return (void)tag, __builtin_nan(""); }
FILCH_MATH(float) nanf(const char *tag) { return (void)tag, NAN; }
FILCH_MATH(double) nextafter(double x, double y)
{
    if (isnan(x) || isnan(y)) return x + y;
    if (x == y) return y;
    if (x == 0) return copysign(0x1p-1074, y);
    uint64_t bits = filch_math_bits(x);
    return filch_math_from((x < y) == (x > 0) ? bits + 1 : bits - 1);
}
FILCH_MATH(float) nextafterf(float x, float y)
{
    if (isnan(x) || isnan(y)) return x + y;
    if (x == y) return y;
    if (x == 0) return copysignf(0x1p-149f, y);
    uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    bits = (x < y) == (x > 0) ? bits + 1 : bits - 1;
    __builtin_memcpy(&x, &bits, sizeof x);
    return x;
}

/* -- remainders, by long division: exact -- */
/* |x| modulo |y|, of finite numbers, y not 0; and the last bits of the quotient. */
FILCH_MATH(double) filch_math_divide(double x, double y, uint32_t *quotient)
{
    int ex, ey;
    uint64_t mx = (uint64_t)(fabs(frexp(x, &ex)) * 0x1p53);
    uint64_t my = (uint64_t)(fabs(frexp(y, &ey)) * 0x1p53);
    *quotient = 0;
    if (!mx || ex < ey) return fabs(x);
    for (;; ex--, mx <<= 1) {
        *quotient = *quotient << 1 | (mx >= my);
        if (mx >= my) mx -= my;
        if (ex == ey) return scalbn((double)mx, ey - 53);
    }
}
FILCH_MATH(double) fmod(double x, double y)
{
    uint32_t quotient;
    if (!isfinite(x) || isnan(y) || y == 0) return NAN;
    if (isinf(y)) return x;
    return copysign(filch_math_divide(x, y, &quotient), x);
}
FILCH_MATH(float) fmodf(float x, float y) { return (float)fmod(x, y); }
FILCH_MATH(double) remquo(double x, double y, int *low)
{
    uint32_t quotient = 0;
    *low = 0;
    if (!isfinite(x) || isnan(y) || y == 0) return NAN;
    if (isinf(y)) return x;
    double rest = filch_math_divide(x, y, &quotient), other = fabs(y) - rest;
    bool up = rest > other || (rest == other && quotient & 1);
    int bits = (int)((quotient + up) & 0x7fffffff);
    *low = signbit(x) == signbit(y) ? bits : -bits;
    if (up) rest = -other;
    return signbit(x) ? -rest : rest;
}
FILCH_MATH(float) remquof(float x, float y, int *low) { return (float)remquo(x, y, low); }
FILCH_MATH(double) remainder(double x, double y)
{
    int low;
    return remquo(x, y, &low);
}
FILCH_MATH(float) remainderf(float x, float y) { return (float)remainder(x, y); }

/* -- fma, rounded once: after musl's fma.c (MIT licence) -- */
typedef struct filch_math_number {
    uint64_t digits; /* 2^53 to 2^54 - 1 */
    int exponent;
    bool negative;
} filch_math_number;
FILCH_MATH(filch_math_number) filch_math_split(double x)
{
    filch_math_number n = {.negative = signbit(x)};
    n.digits = (uint64_t)(fabs(frexp(x, &n.exponent)) * 0x1p54);
    n.exponent -= 54;
    return n;
}
/* The low 64 bits of high:low, shifted down; its last bit says, too, whether a bit was lost. */
FILCH_MATH(uint64_t) filch_math_down(uint64_t high, uint64_t low, int by)
{
    if (by == 0) return low;
    if (by < 64) return high << (64 - by) | low >> by | !!(low << (64 - by));
    if (by == 64) return high | !!low;
    if (by < 128) return high >> (by - 64) | !!(low | high << (128 - by));
    return !!(high | low);
}
FILCH_MATH(double) fma(double x, double y, double z)
{
    if (!isfinite(x) || !isfinite(y) || x == 0 || y == 0) return x * y + z;
    if (!isfinite(z)) return z;
    if (z == 0) return x * y;
    filch_math_number a = filch_math_split(x), b = filch_math_split(y), c = filch_math_split(z);
    uint64_t al = a.digits & 0xffffffff, ah = a.digits >> 32;
    uint64_t bl = b.digits & 0xffffffff, bh = b.digits >> 32;
    uint64_t middle = ah * bl + (al * bl >> 32);
    /* Where clang knows this for a product of 128 bits, it calls a library for that. */
    __asm__("" : "+r"(middle));
    uint64_t other = al * bh + (middle & 0xffffffff);
    /* the product is high:low, of 108 bits; z at the product's exponent is more:less */
    uint64_t high = ah * bh + (middle >> 32) + (other >> 32), low = a.digits * b.digits;
    uint64_t more = 0, less = 0;
    int exponent = a.exponent + b.exponent, shift = c.exponent - exponent;
    if (shift > 64) {
        more = c.digits;
        exponent = c.exponent - 64;
        shift -= 64;
        low = filch_math_down(high, low, shift);
        high = shift < 64 ? high >> shift : 0;
    } else if (shift > 0) {
        more = c.digits >> (64 - shift);
        less = shift < 64 ? c.digits << shift : 0;
    } else {
        less = filch_math_down(0, c.digits, -shift);
    }
    bool negative = a.negative != b.negative;
    if (negative == c.negative) {
        low += less;
        high += more + (low < less);
    } else {
        bool borrow = low < less;
        low -= less;
        high -= more + borrow;
        if (high >> 63) {
            low = -low;
            high = ~high + !low;
            negative = !negative;
        }
    }
    if (!high && !low) return x * y + z; /* exact, and +0 */
    if (!high) {
        high = low;
        low = 0;
        exponent -= 64;
    }
    int by = 65 - __builtin_clzll(high);
    uint64_t digits = filch_math_down(high, low, by); /* of 63 bits */
    exponent += by;
    double result = (double)digits;
    if (exponent >= -1022 - 62) {
        result = scalbn(result, exponent);
    } else { /* subnormal: rounded where its digits end */
        int lost = -1074 - exponent;
        uint64_t bits = lost < 64 ? digits >> lost : 0,
                 half = lost < 64 ? (uint64_t)1 << (lost - 1) : 0;
        uint64_t rest = digits - (lost < 64 ? bits << lost : 0);
        if (half && (rest > half || (rest == half && bits & 1))) bits++;
        result = filch_math_from(bits);
    }
    return negative ? -result : result;
}
/* The product is exact. The sum, of doubles, is rounded to an odd number where it is not exact. */
FILCH_MATH(float) fmaf(float x, float y, float z)
{
    double product = (double)x * y, sum = product + z, part = sum - product;
    double error = (product - (sum - part)) + (z - part);
    uint64_t bits = filch_math_bits(sum);
    if (!isfinite(sum) || error == 0 || bits & 1) return (float)sum;
    return (float)filch_math_from((error > 0) == (sum > 0) ? bits + 1 : bits - 1);
}

#undef FILCH_MATH
#undef FILCH_MATH_1
#undef FILCH_MATH_2

#endif
