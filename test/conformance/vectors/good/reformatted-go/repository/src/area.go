package shapes

// Area of a rectangle.
func Area(width int, height int) int {
	result  :=  width * height
	return result
}
