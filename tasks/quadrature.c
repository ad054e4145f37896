/* The integral of a function by Simpson's rule, halving each interval until its two halves agree with it (Kuncir, Algorithm
 * 103, 1962; with Lyness's bound and correction, Notes on the adaptive Simpson quadrature routine, 1969). Where the function
 * is rough the recursion is deep, so the work is spread as nobody could foresee. Whatever the tolerance, an interval is halved
 * 48 times at most, and not where its halves differ by rounding alone.
 *
 * Functions: 0 sqrt(x), 1 1 / (1e-4 + x * x), 2 |x - 1/3|, 3 4 / (1 + x * x).
 * Fails with 1 where a bound, their difference, or the tolerance is not finite, or the tolerance not more than 0; with 2 where
 * there is no such function. */
#include "filch.h"

#define DEEPEST 48 /* halvings: below that the bounds are the same number */
#define ROUNDING 0x1p-49 /* of a sum of five terms, none of which is negative */

static double at(uint32_t function, double x)
{
    switch (function) {
    case 0: return x > 0 ? __builtin_sqrt(x) : 0;
    case 1: return 1 / (1e-4 + x * x);
    case 2: return __builtin_fabs(x - 1.0 / 3);
    default: return 4 / (1 + x * x);
    }
}

FILCH_FORK(integral_of, double, (double left, width, tolerance; uint16_t function, depth;), (double first, second;))
{
    FILCH_BEGIN;
    double x = f->left, h = f->width / 4;
    double a = at(f->function, x), b = at(f->function, x + h), c = at(f->function, x + 2 * h), d = at(f->function, x + 3 * h),
           e = at(f->function, x + f->width);
    double coarse = (a + 4 * c + e) * (2 * h / 3), fine = (a + 4 * b + 2 * c + 4 * d + e) * (h / 3);
    double apart = __builtin_fabs(fine - coarse);
    bool rough = apart > 15 * f->tolerance && apart > ROUNDING * __builtin_fabs(fine); /* not so where the sums are no numbers */
    if (!rough || f->depth >= DEEPEST) FILCH_RETURN(fine + (fine - coarse) / 15);
    FILCH_SPAWN(integral_of, f->left, f->width / 2, f->tolerance / 2, f->function, (uint16_t)(f->depth + 1));
    FILCH_CALL(f->second, integral_of, f->left + f->width / 2, f->width / 2, f->tolerance / 2, f->function,
               (uint16_t)(f->depth + 1));
    FILCH_JOIN(f->first, integral_of);
    FILCH_RETURN(f->first + f->second); /* always in this order: the same bits, whoever ran which half */
    FILCH_END;
}

#define QUADRATURE_ARGS(F) \
    F(value, f64, from) F(value, f64, to) F(value, f64, tolerance) F(value, u32, function) F(state, f64, integral)
FILCH_FORK_KERNEL(quadrature, QUADRATURE_ARGS)
{
    FILCH_BEGIN;
    if (!__builtin_isfinite(f->to - f->from) || !__builtin_isfinite(f->tolerance) || !(f->tolerance > 0)) FILCH_FAIL(1);
    if (f->function > 3) FILCH_FAIL(2);
    FILCH_CALL(f->integral, integral_of, f->from, f->to - f->from, f->tolerance, (uint16_t)f->function, 0);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
