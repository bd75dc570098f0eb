// Characters that show nothing of themselves: what hides in a text, or changes how the rest of it reads.
#pragma once

namespace pawl::text {

/// Whether nothing is drawn for it (Unicode 15's Default_Ignorable_Code_Point: zero-width characters, fillers,
/// variation selectors, tags, controls of direction), or it marks an annotation. Controls and line ends are another
/// matter.
bool is_invisible(char32_t point);

/// An invisible character that languages and emoji need to look right: the two joiners and the first sixteen variation
/// selectors.
bool shapes_its_neighbours(char32_t point);

}  // namespace pawl::text
