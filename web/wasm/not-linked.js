/** The name of the error of a kernel that its worker has not linked: the owner's PluginError. */
export const NOT_LINKED = 'NotLinked';
