/* quadrature: the integral of a function, by adaptive Simpson quadrature.
 *
 * A call halves its interval until Simpson's rule agrees for the whole and for the two halves.
 * Where the function is rough the recursion is deep, so the work is spread unevenly. An interval is
 * halved at most 48 times, and not if the two results differ by rounding alone.
 *
 *   from, to    the interval
 *   tolerance   the error that the caller allows
 *   function    0: sqrt(x); 1: 1 / (1e-4 + x * x); 2: |x - 1/3|; 3: 4 / (1 + x * x)
 *
 * Codes: 1 from, to, to - from, or tolerance is not finite, or tolerance is not above 0; 2 function
 * is above 3.
 *
 * Sources: G. F. Kuncir, "Algorithm 103: Simpson's rule integrator", 1962; the bound and the
 * correction: J. N. Lyness, "Notes on the adaptive Simpson quadrature routine", 1969. */
#include "filch.h"

#define DEEPEST 48       /* halvings: with more, the bounds are the same number */
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

FILCH_FORK(integral_of, double, (double left, width, tolerance; uint16_t function, depth;),
           (double first, second;))
{
    FILCH_BEGIN;
    double x = f->left, h = f->width / 4;
    double a = at(f->function, x), b = at(f->function, x + h), c = at(f->function, x + 2 * h);
    double d = at(f->function, x + 3 * h), e = at(f->function, x + f->width);
    double coarse = (a + 4 * c + e) * (2 * h / 3), fine = (a + 4 * b + 2 * c + 4 * d + e) * (h / 3);
    double apart = __builtin_fabs(fine - coarse);
    /* False if a sum is NaN. */
    bool rough = apart > 15 * f->tolerance && apart > ROUNDING * __builtin_fabs(fine);
    if (!rough || f->depth >= DEEPEST) FILCH_RETURN(fine + (fine - coarse) / 15);
    FILCH_SPAWN(integral_of, f->left, f->width / 2, f->tolerance / 2, f->function,
                (uint16_t)(f->depth + 1));
    FILCH_CALL(f->second, integral_of, f->left + f->width / 2, f->width / 2, f->tolerance / 2,
               f->function, (uint16_t)(f->depth + 1));
    FILCH_JOIN(f->first, integral_of);
    /* Always in this order: the bits of the sum do not depend on which worker ran which half. */
    FILCH_RETURN(f->first + f->second);
    FILCH_END;
}

#define QUADRATURE_ARGS(F)                                                                 \
    F(value, f64, from) F(value, f64, to) F(value, f64, tolerance) F(value, u32, function) \
    F(state, f64, integral)
FILCH_FORK_KERNEL(quadrature, QUADRATURE_ARGS)
{
    FILCH_BEGIN;
    if (!__builtin_isfinite(f->to - f->from)) FILCH_FAIL(1);
    if (!__builtin_isfinite(f->tolerance) || !(f->tolerance > 0)) FILCH_FAIL(1);
    if (f->function > 3) FILCH_FAIL(2);
    FILCH_CALL(f->integral, integral_of, f->from, f->to - f->from, f->tolerance,
               (uint16_t)f->function, 0);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
