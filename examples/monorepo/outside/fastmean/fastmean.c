/* The mean of numbers. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *
mean(PyObject *module, PyObject *numbers)
{
    PyObject *fast = PySequence_Fast(numbers, "mean() needs a sequence of numbers");
    if (fast == NULL) {
        return NULL;
    }
    Py_ssize_t count = PySequence_Fast_GET_SIZE(fast);
    double sum = 0.0;
    for (Py_ssize_t i = 0; i < count; i++) {
        sum += PyFloat_AsDouble(PySequence_Fast_GET_ITEM(fast, i));
        if (PyErr_Occurred()) {
            Py_DECREF(fast);
            return NULL;
        }
    }
    Py_DECREF(fast);
    if (count == 0) {
        PyErr_SetString(PyExc_ValueError, "there is no mean of nothing");
        return NULL;
    }
    return PyFloat_FromDouble(sum / (double)count);
}

static PyMethodDef functions[] = {
    {"mean", mean, METH_O, "Give the mean of numbers."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "fastmean", "The mean of numbers, in C.", -1, functions, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit_fastmean(void)
{
    return PyModule_Create(&definition);
}
